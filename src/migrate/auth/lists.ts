import type { Config } from '../../config/config.js';
import type { AuthSettings, PassdbBlock, UserdbBlock } from '../../config/effective.js';
import type { OldBlock } from './block-part.js';

const PROTOCOLS = ['imap', 'pop3', 'lmtp', 'submission', 'sieve', 'doveadm', 'lda'];

/** All blocks of a kind in their order, where a block counts: everywhere, or for one protocol. */
export function blocksAround(
  kind: 'passdb' | 'userdb',
  block: PassdbBlock | UserdbBlock | null,
  { effective }: Config,
): readonly (PassdbBlock | UserdbBlock)[] {
  if (block === null) return [];
  const of = (auth: AuthSettings) => (kind === 'passdb' ? auth.passdbs : auth.userdbs);
  for (const protocol of [null, ...new Set([...effective.protocols, ...PROTOCOLS])]) {
    const list = of(effective.auth(protocol === null ? {} : { protocol }));
    if (list.some((one) => isSame(one, block))) return list;
  }
  return [block];
}

export function isSame(one: PassdbBlock | UserdbBlock, other: PassdbBlock | UserdbBlock): boolean {
  return one.at.source === other.at.source && one.at.span.start === other.at.span.start;
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
