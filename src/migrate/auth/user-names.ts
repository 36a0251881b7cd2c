import type { Config } from '../../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { isSame, settingsAround } from './lists.js';

/** Formats that leave a name alone that has gone through them. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['%Lu', '%L{user}', '%{user}', '%u']);

/**
 * Whether the user name at a block is certainly what auth_username_format makes of it: the format changes nothing that
 * it made, and nothing in front of the block gives the user another name.
 */
export function isUnchangedName(
  config: Config,
  block: PassdbBlock | UserdbBlock | null,
  list: readonly (PassdbBlock | UserdbBlock)[],
): boolean {
  const auth = settingsAround(block, config);
  if (!IDEMPOTENT.has(auth.usernameFormat)) return false;
  const [first] = list;
  return (
    block?.kind === 'passdb' && first !== undefined && isSame(first, block) && auth.masterUserSeparator === ''
  );
}
