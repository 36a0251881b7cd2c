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

/** The 16 bytes of state after a block of 64 bytes. */
export function md5StateAfterBlock(block: Uint8Array): Buffer {
  const words = Buffer.from(block);
  const start = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476] as const;
  let [a, b, c, d]: [number, number, number, number] = [...start];
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
