import type { ByteString } from '../../../grammar/bytes.js';
import type { Statement } from '../../../grammar/dovecot-conf/tree.js';
import type { Config } from '../../config/config.js';
import type { AuthSettings, PassdbBlock, UserdbBlock } from '../../config/effective.js';
import type { OldBlock } from './block-part.js';

type Block = PassdbBlock | UserdbBlock;

/** Lists of blocks by where each of their blocks opens: everywhere, then those of one protocol. */
interface BlockLists {
  readonly passdb: ReadonlyMap<string, readonly Block[]>;
  readonly userdb: ReadonlyMap<string, readonly Block[]>;
}

const known = new WeakMap<Config, BlockLists>();

/** All blocks of a kind in their order, where a block counts: everywhere, or for one protocol. */
export function blocksAround(
  kind: 'passdb' | 'userdb',
  block: Block | null,
  config: Config,
): readonly Block[] {
  if (block === null) return [];
  let lists = known.get(config);
  if (lists === undefined) {
    lists = listsOf(config);
    known.set(config, lists);
  }
  return lists[kind].get(openingOf(block)) ?? [block];
}

function listsOf({ effective, trees }: Config): BlockLists {
  const passdb = new Map<string, readonly Block[]>();
  const userdb = new Map<string, readonly Block[]>();
  const add = (auth: AuthSettings): void => {
    for (const [lists, list] of [
      [passdb, auth.passdbs],
      [userdb, auth.userdbs],
    ] as const)
      for (const one of list) if (!lists.has(openingOf(one))) lists.set(openingOf(one), list);
  };
  add(effective.auth());
  for (const protocol of new Set(trees.flatMap((tree) => protocolsOf(tree.statements))))
    add(effective.auth({ protocol }));
  return { passdb, userdb };
}

/** Names of `protocol NAME { }`; of `protocol !NAME { }` one that it is for. */
function protocolsOf(statements: readonly Statement[]): ByteString[] {
  return statements.flatMap((node): ByteString[] => {
    if (node.kind !== 'section') return [];
    const own =
      node.key === 'protocol' && node.name !== null ? [node.name.startsWith('!') ? 'auth' : node.name] : [];
    return [...own, ...protocolsOf(node.body)];
  });
}

function openingOf({ at }: Block): string {
  return `${at.source.path}\n${at.span.start}`;
}

export function isSame(one: Block, other: Block): boolean {
  return openingOf(one) === openingOf(other);
}

/** Whether 2.4 looks at this passdb as the last one: master passdbs do not count. */
export function isLastPassdb({ block, list }: OldBlock): boolean {
  if (block?.kind !== 'passdb' || block.master) return false;
  const last = list.filter((one) => one.kind === 'passdb' && !one.master).at(-1);
  return last !== undefined && isSame(last, block);
}

/** Whether no other block of its kind stands in front. */
export function isFirst({ block, list }: OldBlock): boolean {
  const [first] = list;
  return block !== null && first !== undefined && isSame(first, block);
}
