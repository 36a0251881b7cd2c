/**
 * Text of Dovecot's world: one JavaScript character per byte (0x00 to 0xff).
 *
 * Dovecot counts, cuts, compares and escapes bytes (variables, names, protocol lines), its files need not be
 * valid UTF-8, and an offset in a file is a byte offset. With this representation `length`, `slice` and regular
 * expressions do what Dovecot does, and nothing is lost on the way through. Convert at the borders only:
 * arguments and database results come in by `fromUtf8`, text for people and JSON goes out by `toUtf8`.
 */
export type ByteString = string;

/** UTF-16 text (an argument, a database value) as bytes of its UTF-8 form. */
export function fromUtf8(text: string): ByteString {
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes as text for people; what is not valid UTF-8 becomes U+FFFD. */
export function toUtf8(bytes: ByteString): string {
  return /^[\x00-\x7f]*$/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
