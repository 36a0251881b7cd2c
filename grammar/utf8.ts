import type { ByteString } from './bytes.js';

/**
 * Length of the UTF-8 character at `at` as Dovecot 2.4.1 unichar.c judges it: -1 for an invalid one, 0 where the text
 * ends inside it. Overlong forms, surrogates and values above U+10FFFF are invalid.
 */
export function utf8CharLength(text: ByteString, at: number): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return first >= 0xc0 && incomplete(text, at, first) ? 0 : -1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  let code = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    if (at + i >= text.length) return 0;
    const next = text.charCodeAt(at + i);
    if ((next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  if (length === 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) return -1;
  if (length === 4 && (code < 0x10000 || code > 0x10ffff)) return -1;
  return length;
}

/** Whether the text ends before the bytes that a (never valid) first byte announces. */
function incomplete(text: ByteString, at: number, first: number): boolean {
  const length = first < 0xe0 ? 2 : first < 0xf8 ? 4 : first < 0xfc ? 5 : first < 0xfe ? 6 : 1;
  for (let i = 1; i < length; i++) {
    if (at + i >= text.length) return true;
    if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return false;
  }
  return false;
}

export function isUtf8(text: ByteString): boolean {
  if (/^[\x00-\x7f]*$/.test(text)) return true;
  for (let at = 0; at < text.length; ) {
    const length = utf8CharLength(text, at);
    if (length <= 0) return false;
    at += length;
  }
  return true;
}
