import { toUtf8 } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { Diagnostic } from '../check/diagnostic.js';
import { type CheckReport, summarize } from './check-report.js';

/** The document that cli.md fixes; columns count UTF-16 units from 1, offsets are bytes from 0. */
export function jsonReport({ version, files, diagnostics }: CheckReport): string {
  const document = {
    schema: 1,
    dovecot: version,
    files,
    diagnostics: diagnostics.map(diagnosticJson),
    summary: summarize(diagnostics),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** A finding as the document has it. */
export type DiagnosticDocument = ReturnType<typeof diagnosticJson>;

export function diagnosticJson(diagnostic: Diagnostic) {
  const { place, dovecot } = diagnostic;
  return {
    code: diagnostic.code,
    rule: diagnostic.rule,
    severity: diagnostic.severity,
    message: diagnostic.message,
    help: diagnostic.help,
    ...(place === null ? { file: null, range: null } : placeJson(place)),
    dovecot: dovecot === null ? null : { message: toUtf8(dovecot.message), stage: dovecot.stage },
    related: diagnostic.related.map(({ message, place: other }) => ({ message, ...placeJson(other) })),
    fixes: diagnostic.fixes.map(({ title, safe, edits }) => ({
      title,
      safe,
      edits: edits.map((edit) => ({ ...placeJson(edit.place), text: toUtf8(edit.text) })),
    })),
  };
}

function placeJson({ source, span }: Place) {
  const range = { start: source.position(span.start), end: source.position(span.end) };
  return { file: source.realPath, range };
}
