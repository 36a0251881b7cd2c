import type { ByteString } from '../../grammar/bytes.js';

/** Checks `$argon2i$` and `$argon2id$` hashes (libsodium crypto_pwhash_str_verify); what it cannot read does not match. */
export async function verifyArgon2(plaintext: ByteString, stored: ByteString): Promise<boolean> {
  if (!/^\$argon2id?\$v=19\$/.test(stored)) return false;
  const { verify } = await import('@node-rs/argon2');
  try {
    return await verify(stored, Buffer.from(plaintext, 'latin1'));
  } catch {
    return false;
  }
}
