import type { ByteString } from '../../grammar/bytes.js';

/** Bits of the digests that auth_policy_hash_mech and the hash of attachments may name (Dovecot lib/hash-method.c). */
export const DIGEST_BITS: ReadonlyMap<string, number> = new Map([
  ['md4', 128],
  ['md5', 128],
  ['sha1', 160],
  ['sha256', 256],
  ['sha384', 384],
  ['sha512', 512],
  ['sha3-256', 256],
  ['sha3-512', 512],
  ['size', 64],
]);

/** What Dovecot says against a value of mail_attachment_hash (2.4 mail_ext_attachment_hash); null: nothing. */
export function attachmentHashError(format: ByteString): ByteString | null {
  if (format.includes('/')) return "mail_attachment_hash setting must not contain '/' characters";
  const error = hashFormatError(format);
  if (error !== null) return `Invalid mail_attachment_hash setting: ${error}`;
  return format.includes('-') ? "mail_attachment_hash setting must not contain '-' characters" : null;
}

/** What is wrong with `%{sha1}`, `%X{sha256:80}` and their like; null where nothing is. Dovecot lib/hash-format.c */
function hashFormatError(format: ByteString): ByteString | null {
  for (let at = format.indexOf('%'); at !== -1; at = format.indexOf('%', at)) {
    at++;
    if (format[at] === 'B' || format[at] === 'X') at++;
    if (format[at] !== '{') return "No '{' after '%'";
    const end = format.indexOf('}', at);
    if (end === -1) return "Missing '}'";
    const [name = '', ...rest] = format.slice(at + 1, end).split(':');
    const most = DIGEST_BITS.get(name);
    if (most === undefined) return `Unknown hash method: ${name}`;
    if (rest.length > 0) {
      const text = rest.join(':');
      const bits = /^[0-9]+$/.test(text) ? Number(text) : 0;
      if (bits === 0 || bits > most) return `Invalid :bits number: ${text}`;
      if (bits % 8 !== 0) return `Currently :bits must be divisible by 8: ${text}`;
    }
    at = end;
  }
  return null;
}
