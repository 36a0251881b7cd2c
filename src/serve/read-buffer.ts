import { READ_SIZE } from './system-errors.js';

/** Reads of at least that size are a transfer: such a connection gets a buffer of its own, whose bytes stay. */
export const TRANSFER_SIZE = 16_384;

/** What all other connections read into: the next read may be another connection's. */
export const SHARED = Buffer.allocUnsafeSlow(READ_SIZE);

/** Whether bytes are gone after the call that brought them. */
export function isPassing(chunk: Buffer): boolean {
  return chunk.buffer === SHARED.buffer;
}
