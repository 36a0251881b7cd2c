import type { ByteString } from '../../grammar/bytes.js';

/** Case as Dovecot changes it: the 26 letters only, whatever the bytes mean. */
export function asciiLower(text: ByteString): ByteString {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function asciiUpper(text: ByteString): ByteString {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** What a C function sees of bytes: everything before the first NUL. */
export function cString(bytes: ByteString): ByteString {
  const nul = bytes.indexOf('\0');
  return nul === -1 ? bytes : bytes.slice(0, nul);
}

export function reversed(text: ByteString): ByteString {
  let result = '';
  for (let at = text.length - 1; at >= 0; at--) result += text.charAt(at);
  return result;
}

/** Text before the first `@`; all of it without one. */
export function beforeAt(text: ByteString): ByteString {
  const at = text.indexOf('@');
  return at === -1 ? text : text.slice(0, at);
}

/** Text behind the first `@`, which may hold more of them; '' without one. */
export function afterAt(text: ByteString): ByteString {
  const at = text.indexOf('@');
  return at === -1 ? '' : text.slice(at + 1);
}

/** A backslash before quotes and backslashes (Dovecot strescape.c str_escape). */
export function backslashEscape(text: ByteString): ByteString {
  return text.replace(/["'\\]/g, '\\$&');
}

export function ldapDn(text: ByteString): ByteString {
  return text.replaceAll('.', ',dc=');
}
