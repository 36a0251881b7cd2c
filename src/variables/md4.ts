// MD4 (RFC 1320): OpenSSL 3 has it in its legacy provider only.

const SHIFTS = [
  [3, 7, 11, 19],
  [3, 5, 9, 13],
  [3, 9, 11, 15],
] as const;
const ADDENDS = [0, 0x5a827999, 0x6ed9eba1] as const;
/** Order of the message words in the third round. */
const THIRD = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15] as const;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (b & c) | (b & d) | (c & d);
  return b ^ c ^ d;
}

export function md4(data: Uint8Array): Buffer {
  const length = Math.ceil((data.length + 9) / 64) * 64;
  const message = Buffer.alloc(length);
  message.set(data);
  message[data.length] = 0x80;
  message.writeBigUInt64LE(BigInt(data.length) * 8n, length - 8);
  let state: [number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < length; block += 64) {
    let [a, b, c, d] = state;
    for (let step = 0; step < 48; step++) {
      const round = Math.floor(step / 16);
      const i = step % 16;
      const word = round === 0 ? i : round === 1 ? (i % 4) * 4 + Math.floor(i / 4) : (THIRD[i] ?? 0);
      const sum =
        (a + mix(round, b, c, d) + message.readInt32LE(block + word * 4) + (ADDENDS[round] ?? 0)) | 0;
      [a, b, c, d] = [d, rotate(sum, SHIFTS[round]?.[i % 4] ?? 0), b, c];
    }
    const [a0, b0, c0, d0] = state;
    state = [(a0 + a) | 0, (b0 + b) | 0, (c0 + c) | 0, (d0 + d) | 0];
  }
  const digest = Buffer.alloc(16);
  state.forEach((word, at) => {
    digest.writeInt32LE(word | 0, at * 4);
  });
  return digest;
}
