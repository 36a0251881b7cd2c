import type { ByteString } from '../../../grammar/bytes.js';

/** 1 fine, 0 unknown variable, -1 error: the worst one of a template counts. */
export type Code = 1 | 0 | -1;

/** One value with its code. */
export interface Value {
  readonly code: Code;
  readonly text: ByteString;
}

export const FAILED: Value = { code: -1, text: '' };
export const UNKNOWN: Value = { code: 0, text: '' };

export function fine(text: ByteString): Value {
  return { code: 1, text };
}
