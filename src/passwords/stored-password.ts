import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import { bytesOfBase64, bytesOfHex } from '../variables/binary.js';
import { lookUpScheme, type Scheme } from './schemes.js';

/** A stored password with its scheme taken off; null: it names none. */
export interface StoredPassword {
  readonly scheme: ByteString | null;
  readonly data: ByteString;
}

/** Takes `{SCHEME}` off a stored password; `$1$salt$hash` is MD5-CRYPT (Dovecot password_get_scheme). */
export function splitScheme(stored: ByteString): StoredPassword {
  const md5 = /^\$1\$[^$]*\$[^$]*/.exec(stored)?.[0];
  if (md5 !== undefined) return { scheme: 'MD5-CRYPT', data: md5 };
  const close = stored.startsWith('{') ? stored.indexOf('}') : -1;
  if (close === -1) return { scheme: null, data: stored };
  return { scheme: stored.slice(1, close), data: stored.slice(close + 1) };
}

export type DecodedPassword =
  | { readonly kind: 'decoded'; readonly scheme: Scheme; readonly raw: ByteString }
  | { readonly kind: 'unknown-scheme' }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Decodes a password's data by its scheme's encoding (Dovecot password_decode). */
export function decodePassword(series: Series, schemeName: ByteString, data: ByteString): DecodedPassword {
  const use = lookUpScheme(series, schemeName);
  if (use === null) return { kind: 'unknown-scheme' };
  const { scheme } = use;
  let { encoding } = use;
  const guessed = encoding !== 'none' && scheme.length !== 0 && !use.explicit;
  if (guessed) encoding = data.length === scheme.length * 2 ? 'hex' : 'base64';
  let raw = data;
  if (encoding === 'hex') {
    const hex = bytesOfHex(data);
    raw = hex.bytes;
    if (!hex.valid) {
      if (!guessed) return { kind: 'invalid', reason: "Input isn't valid HEX encoded data" };
      // Some lengths fit both encodings.
      encoding = 'base64';
    }
  }
  if (encoding === 'base64') {
    const base64 = bytesOfBase64(data, false);
    if (!base64.complete) return { kind: 'invalid', reason: "Input isn't valid base64 encoded data" };
    raw = base64.bytes;
  }
  if (scheme.length !== 0 && raw.length !== scheme.length)
    return {
      kind: 'invalid',
      reason: `Input length isn't valid (${raw.length} instead of ${scheme.length})`,
    };
  return { kind: 'decoded', scheme, raw };
}
