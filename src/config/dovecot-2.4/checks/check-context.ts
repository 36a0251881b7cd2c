import type { ByteString } from '../../../../grammar/bytes.js';
import type { FilterMask } from '../filter.js';
import { type FilterIndex, Scope } from '../scope.js';
import { escapeSectionName } from '../section-name.js';
import { expansionError } from './expansion-error.js';
import type { StructView } from './struct-view.js';

/** What a check may ask besides its own struct. */
export interface CheckContext {
  readonly index: FilterIndex;
  /** The connection filters around the place that is checked. */
  readonly connection: FilterMask;
  /** Variables are expanded. */
  readonly expanded: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  warn(text: ByteString): void;
}

/** null: nothing wrong. */
export type StructCheck = (view: StructView, context: CheckContext) => ByteString | null;

/** Settings with named filters in force. */
export function scopeWith(context: CheckContext, ...names: readonly ByteString[]): Scope {
  return new Scope(
    context.index.tree.table,
    context.index.applicable({ connection: context.connection, names }),
  );
}

/** Structs whose variables are expanded where a check reads them. */
const EXPANDED_STRUCTS: ReadonlyMap<ByteString, ByteString> = new Map([
  ['passdb', 'auth_passdb'],
  ['userdb', 'auth_userdb'],
  ['language', 'language'],
  ['mailbox', 'mailbox'],
  ['unix_listener', 'unix_listener'],
  ['fifo_listener', 'fifo_listener'],
  ['inet_listener', 'inet_listener'],
]);

/**
 * The settings of one named section as a check gets them; text: Dovecot's error. A section that is named at this place
 * but stands inside other named filters is not found. Dovecot 2.4.1 settings.c `settings_get_filter`.
 */
export function sectionScope(
  context: CheckContext,
  kind: ByteString,
  name: ByteString,
  ...around: readonly ByteString[]
): Scope | ByteString {
  const scope = scopeWith(context, ...around, `${kind}/${name}`);
  if (scope.filters.some((filter) => filter.mask.name === `${kind}/${name}`)) {
    const struct = EXPANDED_STRUCTS.get(kind);
    const error = struct === undefined ? null : expansionError(context, scope, struct);
    if (error === null) return scope;
    return `Failed to get ${kind} ${name}: ${struct} settings (filter=${kind}/${escapeSectionName(name)}): Failed to parse configuration: ${error}`;
  }
  return (
    `Failed to get ${kind} ${name}: ` +
    `Filter ${kind}=${name} unexpectedly not found (invalid userdb or -o override settings?)`
  );
}
