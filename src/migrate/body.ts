import type { ByteString } from '../../grammar/bytes.js';
import type { Include, Section, Setting, Statement } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
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
  return statements.flatMap((node): readonly NewStatement[] => {
    switch (node.kind) {
      case 'blank':
        return [{ kind: 'blank' }];
      case 'comment':
        return commentLines(source.text.slice(node.span.start, node.span.end));
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
  });
}

function commentLines(text: ByteString): NewStatement[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('#'))
    .map((line) => ({ kind: 'comment', text: line }));
}

/** The comment between two offsets, from its `#`; '' where there is none. */
export function remarkBehind(source: Source, start: number, end: number): ByteString {
  const text = source.text.slice(start, end);
  const hash = text.indexOf('#');
  return hash === -1 ? '' : text.slice(hash).trim();
}
