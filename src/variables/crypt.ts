import { createCipheriv, createDecipheriv, getCipherInfo } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';
import { toBytes } from './binary.js';

/** A cipher of OpenSSL by any name it knows (Dovecot dcrypt-openssl.c). */
export interface Cipher {
  readonly name: string;
  readonly keyLength: number;
  readonly ivLength: number;
}

export function cipherByName(name: ByteString): Cipher | null {
  let info: ReturnType<typeof getCipherInfo>;
  try {
    info = getCipherInfo(name);
  } catch {
    return null;
  }
  if (info === undefined) return null;
  return { name: info.name, keyLength: info.keyLength, ivLength: info.ivLength ?? 0 };
}

export type CryptResult =
  | { readonly kind: 'done'; readonly data: ByteString }
  | { readonly kind: 'error'; readonly message: ByteString };

/** Runs a cipher; key and iv have the right lengths. */
export function runCipher(
  cipher: Cipher,
  direction: 'encrypt' | 'decrypt',
  key: ByteString,
  iv: ByteString,
  data: ByteString,
): CryptResult {
  const vector = cipher.ivLength === 0 ? null : toBytes(iv);
  try {
    const stream =
      direction === 'encrypt'
        ? createCipheriv(cipher.name, toBytes(key), vector)
        : createDecipheriv(cipher.name, toBytes(key), vector);
    const parts = [stream.update(toBytes(data))];
    try {
      parts.push(stream.final());
    } catch {
      // Dovecot dcrypt-openssl.c: whatever the reason, the final step has this one message.
      return { kind: 'error', message: 'data authentication failed' };
    }
    return { kind: 'done', data: Buffer.concat(parts).toString('latin1') };
  } catch (error) {
    return { kind: 'error', message: error instanceof Error ? error.message : 'encryption failed' };
  }
}
