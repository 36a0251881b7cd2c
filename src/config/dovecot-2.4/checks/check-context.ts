import type { ByteString } from '../../../../grammar/bytes.js';
import type { FilterMask } from '../filter.js';
import { type FilterIndex, Scope } from '../scope.js';
import type { StructView } from './struct-view.js';

/** What a check may ask besides its own struct. */
export interface CheckContext {
  readonly index: FilterIndex;
  /** The connection filters around the place that is checked. */
  readonly connection: FilterMask;
  warn(text: ByteString): void;
}

/** null: nothing wrong. */
export type StructCheck = (view: StructView, context: CheckContext) => ByteString | null;

/** Settings with named filters in force. */
export function scopeWith(context: CheckContext, ...names: readonly ByteString[]): Scope {
  return new Scope(context.index.applicable({ connection: context.connection, names: new Set(names) }));
}
