import { createHash } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';
import { md4 } from '../variables/md4.js';
import { md5FromState, md5StateAfterBlock } from './md5-state.js';

export function digest(
  algorithm: 'md4' | 'md5' | 'sha1' | 'sha256' | 'sha512',
  data: ByteString,
): ByteString {
  const bytes = Buffer.from(data, 'latin1');
  if (algorithm === 'md4') return md4(bytes).toString('latin1');
  return createHash(algorithm).update(bytes).digest().toString('latin1');
}

/** State of HMAC-MD5 behind its outer and inner pad (Dovecot hmac-cram-md5.c). */
export function cramMd5Context(plaintext: ByteString): ByteString {
  const key = Buffer.alloc(64);
  key.write(plaintext.length > 64 ? digest('md5', plaintext) : plaintext, 'latin1');
  const outer = md5StateAfterBlock(key.map((byte) => byte ^ 0x5c));
  const inner = md5StateAfterBlock(key.map((byte) => byte ^ 0x36));
  return outer.toString('latin1') + inner.toString('latin1');
}

/** HMAC-MD5 of a text in hexadecimal, by the context that CRAM-MD5 stores. */
export function hmacMd5Hex(context: ByteString, text: ByteString): string {
  const bytes = Buffer.from(context, 'latin1');
  const inner = md5FromState(bytes.subarray(16, 32), Buffer.from(text, 'latin1'));
  return md5FromState(bytes.subarray(0, 16), inner).toString('hex');
}

/** MD5 of `user:realm:password`; the realm is what stands behind the last `@` (Dovecot password-scheme.c). */
export function digestMd5(user: ByteString, plaintext: ByteString): ByteString {
  const at = user.lastIndexOf('@');
  const [name, realm] = at === -1 ? [user, ''] : [user.slice(0, at), user.slice(at + 1)];
  return digest('md5', `${name}:${realm}:${plaintext}`);
}
