import { timingSafeEqual } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';

/** Compares without telling by its time where two values differ. */
export function equalBytes(one: ByteString, other: ByteString): boolean {
  return (
    one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))
  );
}
