import type { ByteString } from '../../grammar/bytes.js';
import type { Include, Section, Setting, Statement } from '../../grammar/dovecot-conf/tree.js';
import type { Source, Span } from '../../grammar/source.js';
import type { NewStatement } from './change.js';

/** How the statements of a file or a section are translated; comments and blank lines go over as they are. */
export interface StatementTranslator {
  setting(node: Setting, remark: ByteString): readonly NewStatement[];
  section(node: Section, remark: ByteString): readonly NewStatement[];
  include(node: Include): readonly NewStatement[];
}

/** Translates statements in their order. */
export function translateStatements(
  source: Source,
  statements: readonly Statement[],
  translator: StatementTranslator,
): NewStatement[] {
  return statements.flatMap((node) => {
    const indent = indentOf(source, node);
    return translated(source, node, translator).map((one) => ({ indent, ...one }));
  });
}

/** The white space that a statement's line begins with. */
function indentOf(source: Source, node: Statement): ByteString {
  const start = node.kind === 'comment' && node.swallowed !== null ? node.swallowed.end : node.span.start;
  return /^[ \t]*/.exec(source.text.slice(start, node.span.end))?.[0] ?? '';
}

function translated(
  source: Source,
  node: Statement,
  translator: StatementTranslator,
): readonly NewStatement[] {
  switch (node.kind) {
    case 'blank':
      return [...swallowedLines(source, node.swallowed), ...blankLines(source, node)];
    case 'comment':
      return [...swallowedLines(source, node.swallowed), ...comments(source, node.span, node.swallowed)];
    case 'setting':
      return translator.setting(node, remarkBehind(source, node.value.span.end, node.span.end));
    case 'section':
      return translator.section(
        node,
        remarkBehind(source, (node.nameSpan ?? node.keySpan).end, node.headSpan.end),
      );
    case 'include':
      return translator.include(node);
    case 'section-end':
    case 'broken':
      return [];
  }
}

/** Continued lines that 2.3 loses silently stay lost, but readable. */
function swallowedLines(source: Source, span: Span | null): NewStatement[] {
  if (span === null) return [];
  return linesOf(source, span).map((line) => ({ kind: 'comment', text: `# ${line}` }));
}

function comments(source: Source, span: Span, swallowed: Span | null): NewStatement[] {
  const start = swallowed === null ? span.start : Math.max(span.start, swallowed.end);
  const lines = source.text
    .slice(start, span.end)
    .replace(/\r?\n$/, '')
    .split(/\r?\n/);
  return lines.map((line) => ({ kind: 'comment', text: line.replace(/^[ \t]+/, '') }));
}

function blankLines(
  source: Source,
  { span, swallowed }: Statement & { readonly kind: 'blank' },
): NewStatement[] {
  const lines = swallowed === null ? source.text.slice(span.start, span.end).split('\n').length - 1 : 1;
  return Array.from({ length: Math.max(lines, 1) }, () => ({ kind: 'blank' }));
}

function linesOf(source: Source, { start, end }: Span): ByteString[] {
  return source.text
    .slice(start, end)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The comment between two offsets, from its `#`; '' where there is none. */
function remarkBehind(source: Source, start: number, end: number): ByteString {
  const text = source.text.slice(start, end);
  const hash = text.indexOf('#');
  return hash === -1 ? '' : text.slice(hash).trim();
}
