import { createHash } from 'node:crypto';
import type { Diagnostic } from '../check/diagnostic.js';
import { maskSecrets } from './masking.js';

/**
 * One name for each finding that stays the same when lines are added or removed elsewhere: of its rule, its file, the
 * text of its line (without passwords) and how many of the same came before it.
 */
export function fingerprints(
  diagnostics: readonly Diagnostic[],
  pathOf: (realPath: string) => string = (path) => path,
): string[] {
  const counts = new Map<string, number>();
  return diagnostics.map((diagnostic) => {
    const text = identityOf(diagnostic, pathOf);
    const before = counts.get(text) ?? 0;
    counts.set(text, before + 1);
    return createHash('sha256').update(`${text}\0${before}`).digest('hex').slice(0, 32);
  });
}

function identityOf({ code, message, place }: Diagnostic, pathOf: (realPath: string) => string): string {
  if (place === null) return `${code}\0${message}`;
  const { source, span } = place;
  const number = source.lineAt(span.start);
  const line = maskSecrets(source.line(number));
  const from = span.start - (source.lineStarts[number - 1] ?? 0);
  const marked = line.slice(from, from + span.end - span.start);
  return [code, pathOf(source.realPath), withoutSpacing(line), withoutSpacing(marked)].join('\0');
}

function withoutSpacing(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
