import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import type { ByteString } from '../../grammar/bytes.js';
import { bytesOfHex } from '../variables/binary.js';
import { parseUint } from '../variables/numbers.js';
import { equalBytes } from './equality.js';

const KEY_SIZE = 20;

/** `$1$salt$rounds$hash` (Dovecot password-scheme-pbkdf2.c). */
export async function verifyPbkdf2(
  plaintext: ByteString,
  entry: ByteString,
): Promise<{ kind: 'checked'; matches: boolean } | { kind: 'invalid'; reason: string }> {
  if (!entry.startsWith('$1$')) return { kind: 'invalid', reason: 'Invalid PBKDF2 passdb entry prefix' };
  const fields = entry.slice(3).split('$');
  const [salt = '', roundsText = '', hash = ''] = fields;
  const rounds = parseUint(roundsText);
  if (fields.length !== 3 || rounds === null)
    return { kind: 'invalid', reason: 'Invalid PBKDF2 passdb entry format' };
  const stored = bytesOfHex(hash);
  if (hash.length !== KEY_SIZE * 2 || !stored.valid)
    return { kind: 'invalid', reason: 'PBKDF2 hash not 160bit hex-encoded' };
  const key = await deriveKey(plaintext, salt, rounds);
  return { kind: 'checked', matches: equalBytes(key, stored.bytes) };
}

async function deriveKey(plaintext: ByteString, salt: ByteString, rounds: number): Promise<ByteString> {
  // Dovecot pkcs5.c does nothing for 0 rounds: the key stays zero.
  if (rounds === 0) return '\0'.repeat(KEY_SIZE);
  const key = await promisify(pbkdf2)(
    Buffer.from(plaintext, 'latin1'),
    Buffer.from(salt, 'latin1'),
    Math.min(rounds, 2 ** 31 - 1),
    KEY_SIZE,
    'sha1',
  );
  return key.toString('latin1');
}
