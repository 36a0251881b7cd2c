import type { ByteString } from '../../grammar/bytes.js';

// Numbers as Dovecot's strnum.c reads them: digits only, no blanks, no plus sign, nothing behind them.

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_UINT32 = 2 ** 32 - 1;

/** Signed 64 bit; null where the text is no such number. */
export function parseIntMax(text: ByteString): bigint | null {
  const match = /^(-?)0*([0-9]{1,19})$/.exec(text);
  if (match === null) return null;
  const value = BigInt(match[2] ?? '0');
  const signed = match[1] === '-' ? -value : value;
  return signed > MAX_INT64 || signed < -MAX_INT64 - 1n ? null : signed;
}

/** Unsigned 64 bit. */
export function parseUintMax(text: ByteString): bigint | null {
  const match = /^0*([0-9]{1,20})$/.exec(text);
  if (match === null) return null;
  const value = BigInt(match[1] ?? '0');
  return value > MAX_UINT64 ? null : value;
}

/** Unsigned 32 bit. */
export function parseUint(text: ByteString): number | null {
  const value = parseUintMax(text);
  return value === null || value > MAX_UINT32 ? null : Number(value);
}

/** Unsigned 64 bit in hexadecimal, either case. */
export function parseUintMaxHex(text: ByteString): bigint | null {
  return /^0*[0-9a-fA-F]{1,16}$/.test(text) ? BigInt(`0x${text}`) : null;
}

export function wrapInt64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}
