import type { ByteString } from '../../../../grammar/bytes.js';
import type { FilterMask } from '../filter.js';
import { type FilterIndex, Scope } from '../scope.js';
import type { StructView } from './struct-view.js';

/** What a check may ask besides its own struct. */
export interface CheckContext {
  readonly index: FilterIndex;
  /** The connection filters around the place that is checked. */
  readonly connection: FilterMask;
  /** Variables are expanded. */
  readonly expanded: boolean;
  warn(text: ByteString): void;
}

/** null: nothing wrong. */
export type StructCheck = (view: StructView, context: CheckContext) => ByteString | null;

/** Settings with named filters in force. */
export function scopeWith(context: CheckContext, ...names: readonly ByteString[]): Scope {
  return new Scope(context.index.applicable({ connection: context.connection, names: new Set(names) }));
}

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
  if (scope.filters.some((filter) => filter.mask.name === `${kind}/${name}`)) return scope;
  return (
    `Failed to get ${kind} ${name}: ` +
    `Filter ${kind}=${name} unexpectedly not found (invalid userdb or -o override settings?)`
  );
}
