import type { Statement } from '../../grammar/dovecot-conf/tree.js';
import type { Source, Span } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { Diagnostic } from './diagnostic.js';
import type { Rule } from './rule.js';
import { suppressionWithoutReason } from './rules/suppression-without-reason.js';
import { unusedSuppression } from './rules/unused-suppression.js';

interface Suppression {
  readonly code: string;
  readonly reason: string;
  /** What it covers; null: the whole file. */
  readonly covers: Span | null;
  readonly source: Source;
  readonly at: Span;
  used: boolean;
}

// `# dvproxy-ignore CODE: reason` and `# dvproxy-ignore-file CODE: reason` (cli.md).
const COMMENT = /#[ \t]*dvproxy-ignore(-file)?(?![\w-])[ \t]*([A-Za-z]+[0-9]*)?[ \t]*:?[ \t]*([^\r\n]*)/;

/** Drops what the file's own comments answer for, and reports comments without a reason or without an effect. */
export function applySuppressions(diagnostics: readonly Diagnostic[], config: Config): Diagnostic[] {
  const suppressions: Suppression[] = [];
  for (const tree of config.trees)
    if (tree.source.text.includes('dvproxy-ignore')) collect(tree.source, tree.statements, suppressions);
  const seen = new Set(config.trees.map((tree) => tree.source.realPath));
  for (const { place } of diagnostics) {
    if (place === null || seen.has(place.source.realPath)) continue;
    seen.add(place.source.realPath);
    collectFromLines(place.source, suppressions);
  }
  if (suppressions.length === 0) return [...diagnostics];
  const kept = diagnostics.filter((diagnostic) => {
    const hit = suppressions.find((suppression) => isCovered(diagnostic, suppression));
    if (hit !== undefined) hit.used = true;
    return hit === undefined;
  });
  return [...kept, ...suppressions.flatMap(remarkOn)];
}

function isCovered({ code, place }: Diagnostic, suppression: Suppression): boolean {
  if (suppression.reason === '' || place === null || suppression.code !== code) return false;
  if (suppression.source.realPath !== place.source.realPath) return false;
  const { covers } = suppression;
  return covers === null || (place.span.start >= covers.start && place.span.start < covers.end);
}

function remarkOn(suppression: Suppression): Diagnostic[] {
  const base = {
    place: { source: suppression.source, span: suppression.at },
    dovecot: null,
    related: [],
    fixes: [],
  };
  if (suppression.reason === '') {
    return [
      {
        ...base,
        ...headOf(suppressionWithoutReason),
        message: 'This comment suppresses nothing: it gives no reason',
        help: 'Write "# dvproxy-ignore CODE: reason" with one code and why the finding is right to stay.',
      },
    ];
  }
  if (suppression.used) return [];
  return [
    {
      ...base,
      ...headOf(unusedSuppression),
      message: `Nothing here is reported as ${suppression.code}`,
      help: 'Remove the comment.',
    },
  ];
}

function headOf({ code, name, severity }: Rule) {
  return { code, rule: name, severity };
}

function collect(source: Source, statements: readonly Statement[], into: Suppression[]): void {
  statements.forEach((statement, index) => {
    if (statement.kind === 'section') collect(source, statement.body, into);
    if (statement.kind !== 'comment') return;
    const text = source.text.slice(statement.span.start, statement.span.end);
    // Most comments are none; a regular expression costs a start more than a search.
    if (!text.includes('dvproxy-ignore') || !COMMENT.test(text)) return;
    let next = index + 1;
    while (statements[next]?.kind === 'comment' || statements[next]?.kind === 'blank') next++;
    const nothing = { start: statement.span.end, end: statement.span.end };
    add(source, text, statement.span.start, statements[next]?.span ?? nothing, into);
  });
}

/** An ext file: the comment covers the statement below it, with its continued lines. */
function collectFromLines(source: Source, into: Suppression[]): void {
  const starts = source.lineStarts;
  for (let line = 0; line < starts.length; line++) {
    const start = starts[line] ?? 0;
    const text = source.text.slice(start, starts[line + 1] ?? source.text.length);
    if (!/^[ \t]*#/.test(text)) continue;
    let end = line + 1;
    while (end < starts.length && /\\[ \t\r]*$/.test(source.line(end + 1))) end++;
    const covers = {
      start: starts[line + 1] ?? source.text.length,
      end: starts[end + 1] ?? source.text.length,
    };
    add(source, text, start, covers, into);
  }
}

function add(source: Source, text: string, start: number, next: Span, into: Suppression[]): void {
  const match = COMMENT.exec(text);
  if (match === null) return;
  const at = { start: start + match.index, end: start + match.index + match[0].trimEnd().length };
  const covers = match[1] === undefined ? next : null;
  const reason = match[2] === undefined ? '' : (match[3] ?? '').trim();
  into.push({ code: match[2] ?? '', reason, covers, source, at, used: false });
}
