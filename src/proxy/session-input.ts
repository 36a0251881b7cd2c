import type { ByteString } from '../../grammar/bytes.js';

/** Where a session's commands come from. */
export interface SessionInput {
  append(data: ByteString): void;
  refill(): 'filled' | 'nothing' | 'full';
  /** All bytes that were not used, taken out. */
  takeRest(): ByteString;
  /** A line of a SASL exchange. */
  saslLine(): { readonly text: ByteString } | 'too_large' | null;
}
