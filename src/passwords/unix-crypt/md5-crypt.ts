import { createHash } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import { inSlices } from '../slices.js';
import { shuffled } from './alphabet.js';

const ROUNDS = 1000;
const ORDER = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]] as const;

function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `$1$` hash (Dovecot password-scheme-md5crypt.c). `setting`: a hash, or a salt of up to 8 bytes. */
export async function md5Crypt(plaintext: ByteString, setting: ByteString): Promise<ByteString> {
  const saltText =
    setting
      .replace(/^\$1\$/, '')
      .split('$', 1)[0]
      ?.slice(0, 8) ?? '';
  const salt = Buffer.from(saltText, 'latin1');
  const password = Buffer.from(plaintext, 'latin1');
  const alternate = md5(password, salt, password);
  const first = createHash('md5').update(password).update('$1$').update(salt);
  for (let left = password.length; left > 0; left -= 16)
    first.update(alternate.subarray(0, Math.min(left, 16)));
  const zero = Buffer.alloc(1);
  for (let bits = password.length; bits !== 0; bits >>= 1)
    first.update((bits & 1) !== 0 ? zero : password.subarray(0, 1));
  let result = first.digest();
  await inSlices(ROUNDS, 250, (round) => {
    const odd = round % 2 !== 0;
    const hash = createHash('md5').update(odd ? password : result);
    if (round % 3 !== 0) hash.update(salt);
    if (round % 7 !== 0) hash.update(password);
    result = hash.update(odd ? result : password).digest();
  });
  return `$1$${saltText}$${shuffled(result, ORDER)}`;
}
