// State of MD5 after one whole block (RFC 1321): CRAM-MD5 stores that of its two pads, and node:crypto does not show it.

const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (b & d) | (c & ~d);
  if (round === 2) return b ^ c ^ d;
  return c ^ (b | ~d);
}

function wordIndex(round: number, i: number): number {
  if (round === 0) return i % 16;
  if (round === 1) return (5 * i + 1) % 16;
  if (round === 2) return (3 * i + 5) % 16;
  return (7 * i) % 16;
}

const INITIAL = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476] as const;

/** The 16 bytes of state after a block of 64 bytes. */
export function md5StateAfterBlock(block: Uint8Array): Buffer {
  return afterBlock(INITIAL, block);
}

/** The digest of a text whose first block of 64 bytes has led to `state`; `rest` is what stands behind that block. */
export function md5FromState(state: Uint8Array, rest: Uint8Array): Buffer {
  const length = rest.length + 64;
  const padded = Buffer.alloc(Math.ceil((rest.length + 9) / 64) * 64);
  padded.set(rest);
  padded[rest.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(length) * 8n, padded.length - 8);
  let current: Buffer = Buffer.from(state);
  for (let at = 0; at < padded.length; at += 64) {
    const start = [0, 4, 8, 12].map((word) => current.readInt32LE(word));
    current = afterBlock(start, padded.subarray(at, at + 64));
  }
  return current;
}

function afterBlock(start: readonly number[], block: Uint8Array): Buffer {
  const words = Buffer.from(block);
  let [a = 0, b = 0, c = 0, d = 0] = start;
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    const sum = (a + mix(round, b, c, d) + (SINES[i] ?? 0) + words.readInt32LE(wordIndex(round, i) * 4)) | 0;
    const shift = SHIFTS[round]?.[i % 4] ?? 0;
    [a, b, c, d] = [d, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0, b, c];
  }
  const state = Buffer.alloc(16);
  [a, b, c, d].forEach((word, at) => {
    state.writeInt32LE((word + (start[at] ?? 0)) | 0, at * 4);
  });
  return state;
}
