import type { ByteString } from '../../grammar/bytes.js';

/** Length of the UTF-8 character at `at`: 0 where the text ends inside it, -1 where it is none. */
function characterLength(text: ByteString, at: number, end: number): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return 1;
  const length = first >= 0xfc ? 6 : first >= 0xf8 ? 5 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || length > 4) return -1;
  for (let i = 1; i < length; i++) {
    if (at + i >= end) return 0;
    if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return -1;
  }
  return length;
}

/** Makes foreign text safe for a log line: control characters and broken UTF-8 become `?`, long text is cut.
 * Dovecot lib/str-sanitize.c */
export function sanitize(text: ByteString, maxBytes: number): ByteString {
  if (text.length <= maxBytes && /^[\x20-\x7f]*$/.test(text)) return text;
  const zero = text.indexOf('\0');
  const source = zero === -1 ? text : text.slice(0, zero);
  const end = Math.min(maxBytes, source.length);
  const parts: ByteString[] = [];
  let at = 0;
  while (at < end) {
    const length = characterLength(source, at, end);
    if (length === 0) break;
    if (length === -1 || source.charCodeAt(at) < 32) {
      parts.push('?');
      at += 1;
    } else {
      parts.push(source.slice(at, at + length));
      at += length;
    }
  }
  if (at >= source.length) return parts.join('');
  if (maxBytes < 3) return '...';
  let size = parts.reduce((sum, part) => sum + part.length, 0);
  while (size > maxBytes - 3) size -= parts.pop()?.length ?? size;
  return `${parts.join('')}...`;
}
