import type { ByteString } from '../../../grammar/bytes.js';
import type { Statement } from '../../../grammar/dovecot-conf/tree.js';
import type { Config } from '../../config/config.js';
import type { AuthSettings, PassdbBlock, UserdbBlock } from '../../config/effective.js';
import type { OldBlock } from './block-part.js';

type Block = PassdbBlock | UserdbBlock;

/** Settings by where a block opens for which they are in force: everywhere, then those of one protocol. */
const known = new WeakMap<Config, ReadonlyMap<string, AuthSettings>>();

/** What the auth process works with where a block counts. */
export function settingsAround(block: Block | null, config: Config): AuthSettings {
  let settings = known.get(config);
  if (settings === undefined) {
    settings = settingsOf(config);
    known.set(config, settings);
  }
  return (block === null ? undefined : settings.get(openingOf(block))) ?? config.effective.auth();
}

/** All blocks of a kind in their order, where a block counts: everywhere, or for one protocol. */
export function blocksAround(
  kind: 'passdb' | 'userdb',
  block: Block | null,
  config: Config,
): readonly Block[] {
  if (block === null) return [];
  const { passdbs, userdbs } = settingsAround(block, config);
  const list: readonly Block[] = kind === 'passdb' ? passdbs : userdbs;
  return list.some((one) => isSame(one, block)) ? list : [block];
}

function settingsOf({ effective, trees }: Config): ReadonlyMap<string, AuthSettings> {
  const settings = new Map<string, AuthSettings>();
  const add = (auth: AuthSettings): void => {
    for (const block of [...auth.passdbs, ...auth.userdbs])
      if (!settings.has(openingOf(block))) settings.set(openingOf(block), auth);
  };
  add(effective.auth());
  for (const protocol of new Set(trees.flatMap((tree) => protocolsOf(tree.statements))))
    add(effective.auth({ protocol }));
  return settings;
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
