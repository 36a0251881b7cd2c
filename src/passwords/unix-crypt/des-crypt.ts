import type { ByteString } from '../../../grammar/bytes.js';
import { CRYPT_DIGITS } from './alphabet.js';

// Traditional crypt(3): DES (FIPS 46-3) 25 times over zeros, with 12 bits of salt swapping expansion bits. Bits are
// kept one a byte: slow for a cipher, fast enough for the few hashes that are left.

const PC1 =
  '57 49 41 33 25 17 9 1 58 50 42 34 26 18 10 2 59 51 43 35 27 19 11 3 60 52 44 36 63 55 47 39 31 23 15 7 62 54 46 38 30 22 14 6 61 53 45 37 29 21 13 5 28 20 12 4';
const PC2 =
  '14 17 11 24 1 5 3 28 15 6 21 10 23 19 12 4 26 8 16 7 27 20 13 2 41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 46 42 50 36 29 32';
const EXPANSION =
  '32 1 2 3 4 5 4 5 6 7 8 9 8 9 10 11 12 13 12 13 14 15 16 17 16 17 18 19 20 21 20 21 22 23 24 25 24 25 26 27 28 29 28 29 30 31 32 1';
const PERMUTATION = '16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10 2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25';
const FINAL =
  '40 8 48 16 56 24 64 32 39 7 47 15 55 23 63 31 38 6 46 14 54 22 62 30 37 5 45 13 53 21 61 29 36 4 44 12 52 20 60 28 35 3 43 11 51 19 59 27 34 2 42 10 50 18 58 26 33 1 41 9 49 17 57 25';
const ROTATIONS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** The eight S-boxes, 64 hexadecimal digits each, row by row. */
const S_BOXES = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
];

function table(text: string): Uint8Array {
  return Uint8Array.from(text.split(' '), (entry) => Number(entry) - 1);
}

const pc1 = table(PC1);
const pc2 = table(PC2);
const expansion = table(EXPANSION);
const permutation = table(PERMUTATION);
const finalOrder = table(FINAL);
const boxes = S_BOXES.map((box) => Uint8Array.from(box, (digit) => Number.parseInt(digit, 16)));

function pick(bits: Uint8Array, order: Uint8Array): Uint8Array {
  return order.map((index) => bits[index] ?? 0);
}

/** Round keys of the 7 low bits of the first 8 bytes. */
function schedule(plaintext: ByteString): Uint8Array[] {
  const bits = new Uint8Array(64);
  for (let byte = 0; byte < Math.min(8, plaintext.length); byte++)
    for (let bit = 0; bit < 7; bit++) bits[byte * 8 + bit] = (plaintext.charCodeAt(byte) >> (6 - bit)) & 1;
  let halves = pick(bits, pc1);
  return ROTATIONS.map((count) => {
    halves = halves.map((_, at) => {
      const half = at < 28 ? 0 : 28;
      return halves[half + ((at - half + count) % 28)] ?? 0;
    });
    return pick(halves, pc2);
  });
}

const BLOCK = 8;
const MAX_BLOCKS = 16;
/** Two digits of salt and eleven of hash. */
const HASH_LENGTH = 13;

/**
 * Traditional crypt(3); null for a salt that it refuses. A setting longer than a hash asks for bigcrypt: every eight
 * bytes of the password make eleven digits more, salted with the first two of the digits before (libxcrypt crypt-des.c).
 */
export function desCrypt(plaintext: ByteString, setting: ByteString): ByteString | null {
  let text = desBlock(plaintext.slice(0, BLOCK), setting);
  if (text === null || setting.length <= HASH_LENGTH) return text;
  let salt = text.slice(2, 4);
  for (let at = BLOCK; at < Math.min(plaintext.length, BLOCK * MAX_BLOCKS); at += BLOCK) {
    const digits = desBlock(plaintext.slice(at, at + BLOCK), salt)?.slice(2) ?? '';
    salt = digits.slice(0, 2);
    text += digits;
  }
  return text;
}

function desBlock(plaintext: ByteString, setting: ByteString): ByteString | null {
  const low = CRYPT_DIGITS.indexOf(setting.charAt(0));
  const high = CRYPT_DIGITS.indexOf(setting.charAt(1));
  if (setting.length < 2 || low === -1 || high === -1) return null;
  const order = saltedExpansion(low | (high << 6));
  const keys = schedule(plaintext);
  let left = new Uint8Array(32);
  let right = new Uint8Array(32);
  for (let pass = 0; pass < 25; pass++) {
    for (const key of keys) {
      const next = feistel(right, key, order).map((bit, at) => bit ^ (left[at] ?? 0));
      left = right;
      right = next;
    }
    [left, right] = [right, left];
  }
  const block = new Uint8Array(66);
  block.set(pick(Uint8Array.from([...left, ...right]), finalOrder));
  let text = setting.slice(0, 2);
  for (let at = 0; at < 66; at += 6)
    text += CRYPT_DIGITS.charAt(block.subarray(at, at + 6).reduce((value, bit) => value * 2 + bit, 0));
  return text;
}

/** Each bit of the salt that is set swaps two entries of the expansion. */
function saltedExpansion(salt: number): Uint8Array {
  const order = Uint8Array.from(expansion);
  for (let bit = 0; bit < 12; bit++) {
    if (((salt >> bit) & 1) === 0) continue;
    const kept = order[bit] ?? 0;
    order[bit] = order[bit + 24] ?? 0;
    order[bit + 24] = kept;
  }
  return order;
}

function feistel(half: Uint8Array, key: Uint8Array, order: Uint8Array): Uint8Array {
  const substituted = new Uint8Array(32);
  for (let box = 0; box < 8; box++) {
    let six = 0;
    for (let bit = 0; bit < 6; bit++) {
      const at = box * 6 + bit;
      six = six * 2 + ((half[order[at] ?? 0] ?? 0) ^ (key[at] ?? 0));
    }
    const row = ((six >> 4) & 2) | (six & 1);
    const value = boxes[box]?.[row * 16 + ((six >> 1) & 15)] ?? 0;
    for (let bit = 0; bit < 4; bit++) substituted[box * 4 + bit] = (value >> (3 - bit)) & 1;
  }
  return pick(substituted, permutation);
}
