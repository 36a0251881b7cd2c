import type { ByteString } from '../../../grammar/bytes.js';

/** Applies offset and width (Dovecot 2.3.19.1 var-expand.c var_expand_with_funcs). */
export function cut(value: ByteString, offset: number, width: number, zeroPadding: boolean): ByteString {
  const rest = offset < 0 ? (value.length > -offset ? value.slice(offset) : value) : value.slice(offset);
  if (width === 0) return rest;
  if (zeroPadding) return width > 0 ? rest.padStart(width, '0') : rest;
  if (width > 0) return rest.slice(0, width);
  // A negative rest wraps to a huge width: all of it stays.
  const keep = rest.length + width;
  return keep < 0 ? rest : rest.slice(0, keep);
}
