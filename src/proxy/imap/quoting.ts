import type { ByteString } from '../../../grammar/bytes.js';

/** `"..."` with `"` and `\` escaped. */
export function quoted(text: ByteString): ByteString {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/**
 * A string of a command: quoted, or as a literal where it holds CR, LF, 8-bit bytes or many characters to escape.
 * The literal is sent without waiting for the server. Dovecot lib-imap/imap-quote.c imap_append_nstring
 */
export function imapString(text: ByteString): ByteString {
  const zero = text.indexOf('\0');
  const value = zero === -1 ? text : text.slice(0, zero);
  const escapes = value.match(/["\\]/g)?.length ?? 0;
  if (escapes > 4 || /[\r\n\x80-\xff]/.test(value)) return `{${value.length}}\r\n${value}`;
  return quoted(value);
}
