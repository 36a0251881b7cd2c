import { createHash } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import { asciiLower, asciiUpper, backslashEscape, ldapDn, reversed } from '../ascii.js';
import { toBytes } from '../binary.js';
import { parseUintMax } from '../numbers.js';

/** Offset and width of a variable; the hashing modifiers use them up. */
export interface Format {
  offset: number;
  width: number;
}

/** Applies one modifier letter (Dovecot 2.3.19.1 var-expand.c). */
export function applyModifier(letter: string, value: ByteString, format: Format): ByteString {
  switch (letter) {
    case 'L':
      return asciiLower(value);
    case 'U':
      return asciiUpper(value);
    case 'E':
      return backslashEscape(value);
    case 'X':
      return (parseUintMax(value) ?? 0n).toString(16);
    case 'R':
      return reversed(value);
    case 'H':
      return padded(reduced(BigInt(stringHash(value)), format.width, 32) & 0xffffffffn, format);
    case 'N':
      return padded(reduced(newHash(value), format.width, 64) & 0xffffffffn, format);
    case 'M':
      return createHash('md5').update(toBytes(value)).digest('hex');
    case 'D':
      return ldapDn(value);
    case 'T':
      return value.replace(/(?<![ \t-\r])[ \t-\r]+$/, '');
    default:
      return value;
  }
}

/** `value % width` with the width converted to the value's unsigned type, as C does; 0 leaves it as it is. */
function reduced(value: bigint, width: number, bits: 32 | 64): bigint {
  return width === 0 ? value : value % BigInt.asUintN(bits, BigInt(width));
}

/** Dovecot hash.c str_hash, the PJW hash in 32 bits. */
function stringHash(text: ByteString): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) {
    hash = ((hash << 4) + text.charCodeAt(at)) >>> 0;
    const high = hash & 0xf0000000;
    if (high !== 0) hash = (hash ^ (high >>> 24) ^ high) >>> 0;
  }
  return hash;
}

/** First 8 bytes of the MD5 sum. */
function newHash(text: ByteString): bigint {
  return createHash('md5').update(toBytes(text)).digest().readBigUInt64BE();
}

function padded(value: bigint, format: Format): ByteString {
  const digits = value.toString(16).padStart(format.offset, '0');
  format.offset = 0;
  format.width = 0;
  return digits;
}
