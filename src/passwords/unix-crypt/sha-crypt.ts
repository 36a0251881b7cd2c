import { createHash } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import { inSlices } from '../slices.js';
import { shuffled } from './alphabet.js';

const DEFAULT_ROUNDS = 5000;
const MIN_ROUNDS = 1000;
const MAX_ROUNDS = 999_999_999;
const MAX_SALT = 16;

/** Triples of digest bytes in the order of the text; each next one turns the indices round. */
function triples(size: number, start: readonly [number, number, number], turn: 1 | 2): number[][] {
  const order: number[][] = [];
  let group: readonly number[] = start;
  for (let at = 0; at < Math.floor(size / 3); at++) {
    order.push([...group]);
    const [a = 0, b = 0, c = 0] = group;
    group = turn === 1 ? [b + 1, c + 1, a + 1] : [c + 1, a + 1, b + 1];
  }
  return order;
}

const VARIANTS = {
  '5': { algorithm: 'sha256', size: 32, order: [...triples(32, [0, 10, 20], 2), [31, 30]] },
  '6': { algorithm: 'sha512', size: 64, order: [...triples(64, [0, 21, 42], 1), [63]] },
} as const;

interface Setting {
  readonly variant: (typeof VARIANTS)['5' | '6'];
  readonly prefix: string;
  readonly rounds: number;
  readonly salt: ByteString;
}

/** Reads `$5$[rounds=N$]salt[$...]`; null for what crypt(3) refuses. */
function readSetting(setting: ByteString): Setting | null {
  const match = /^\$([56])\$(?:rounds=([^$]*)\$)?([^$]*)/.exec(setting);
  if (match === null) return null;
  const [, id, roundsText, saltText = ''] = match;
  const variant = id === '5' ? VARIANTS['5'] : VARIANTS['6'];
  if (roundsText === undefined) {
    if (saltText.startsWith('rounds=')) return null;
    return { variant, prefix: `$${id}$`, rounds: DEFAULT_ROUNDS, salt: saltText.slice(0, MAX_SALT) };
  }
  // libxcrypt crypt-sha512.c: no leading zero, nothing outside the limits.
  const rounds = /^[1-9][0-9]{0,9}$/.test(roundsText) ? Number(roundsText) : 0;
  if (rounds < MIN_ROUNDS || rounds > MAX_ROUNDS) return null;
  return { variant, prefix: `$${id}$rounds=${rounds}$`, rounds, salt: saltText.slice(0, MAX_SALT) };
}

/** `length` bytes of a digest repeated. */
function stretched(digest: Buffer, length: number): Buffer {
  return Buffer.concat(Array(Math.ceil(length / digest.length)).fill(digest)).subarray(0, length);
}

/** `$5$` and `$6$` hashes (SHA-crypt, version 0.6). null: the setting is not valid. */
export async function shaCrypt(plaintext: ByteString, setting: ByteString): Promise<ByteString | null> {
  const read = readSetting(setting);
  if (read === null) return null;
  const { algorithm, order } = read.variant;
  const password = Buffer.from(plaintext, 'latin1');
  const salt = Buffer.from(read.salt, 'latin1');
  const alternate = createHash(algorithm).update(password).update(salt).update(password).digest();
  const first = createHash(algorithm).update(password).update(salt);
  first.update(stretched(alternate, password.length));
  for (let bits = password.length; bits !== 0; bits >>= 1)
    first.update((bits & 1) !== 0 ? alternate : password);
  let result = first.digest();
  const passwordHash = createHash(algorithm);
  for (let at = 0; at < password.length; at++) passwordHash.update(password);
  const p = stretched(passwordHash.digest(), password.length);
  const saltHash = createHash(algorithm);
  for (let at = 0; at < 16 + (result[0] ?? 0); at++) saltHash.update(salt);
  const s = stretched(saltHash.digest(), salt.length);
  await inSlices(read.rounds, 100, (round) => {
    const odd = round % 2 !== 0;
    const hash = createHash(algorithm).update(odd ? p : result);
    if (round % 3 !== 0) hash.update(s);
    if (round % 7 !== 0) hash.update(p);
    result = hash.update(odd ? result : p).digest();
  });
  return `${read.prefix}${read.salt}$${shuffled(result, order)}`;
}
