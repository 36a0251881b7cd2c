import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';

/** Lowest character that a sequence of so many bytes may stand for. RFC 3629 3 */
const LOWEST = [0, 0, 0x80, 0x800, 0x10000];

function bytesOf(first: number): number {
  if (first < 0xc0) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
}

/** Length of the UTF-8 character at `at`: 0 where the text ends inside it, -1 where it is none. */
function characterLength(text: ByteString, at: number, room: number, series: Series): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return 1;
  const length = bytesOf(first);
  if (length < 2) return -1;
  let character = first & (0x7f >> length);
  for (let next = 1; next < Math.min(length, room); next += 1) {
    // Only 2.3 tells the end of a text from a byte that is wrong. Dovecot lib/unichar.c
    if (at + next >= text.length) return series === '2.3' ? 0 : -1;
    const byte = text.charCodeAt(at + next);
    if ((byte & 0xc0) !== 0x80) return -1;
    character = (character << 6) | (byte & 0x3f);
  }
  if (length > room) return 0;
  const surrogate = character >= 0xd800 && character <= 0xdfff;
  return character < (LOWEST[length] ?? 0) || surrogate || character > 0x10ffff ? -1 : length;
}

/**
 * Makes foreign text safe for a log line: control characters and what is not UTF-8 become `?`, long text is cut; it
 * ends at its first NUL. Dovecot lib/str-sanitize.c
 */
export function sanitize(text: ByteString, maxBytes: number, series: Series = '2.3'): ByteString {
  if (text.length <= maxBytes && /^[\x20-\x7e]*$/.test(text)) return text;
  const zero = text.indexOf('\0');
  const source = zero === -1 ? text : text.slice(0, zero);
  const end = Math.min(maxBytes, source.length);
  const parts: ByteString[] = [];
  let at = 0;
  while (at < end) {
    const length = characterLength(source, at, maxBytes - at, series);
    if (length === 0) break;
    const first = source.charCodeAt(at);
    if (length === -1 || first < 0x20 || (first === 0x7f && series === '2.4')) {
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
