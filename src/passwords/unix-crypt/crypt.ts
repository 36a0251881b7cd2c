import type { ByteString } from '../../../grammar/bytes.js';
import { desCrypt } from './des-crypt.js';
import { md5Crypt } from './md5-crypt.js';
import { shaCrypt } from './sha-crypt.js';

export type CryptOutcome =
  | { readonly kind: 'hash'; readonly text: ByteString }
  /** crypt(3) gives `*0`: nothing matches. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'unsupported'; readonly method: string };

/** Methods of libxcrypt that are not computed here. */
const UNSUPPORTED = /^(\$(?:y|gy|7|sha1|md5|3)\$|\$md5,|_)/;

/** crypt(3) as libxcrypt does it, but for bcrypt. */
export async function crypt(plaintext: ByteString, setting: ByteString): Promise<CryptOutcome> {
  const method = UNSUPPORTED.exec(setting)?.[1];
  if (method !== undefined) return { kind: 'unsupported', method };
  // libxcrypt crypt.c: bytes that cannot stand in a passwd file.
  if (/[^\x21-\x7e]|[!*:;\\]/.test(setting)) return { kind: 'refused' };
  if (setting.startsWith('$1$')) return { kind: 'hash', text: await md5Crypt(plaintext, setting) };
  if (/^\$[56]\$/.test(setting)) {
    const text = await shaCrypt(plaintext, setting);
    return text === null ? { kind: 'refused' } : { kind: 'hash', text };
  }
  const text = desCrypt(plaintext, setting);
  return text === null ? { kind: 'refused' } : { kind: 'hash', text };
}
