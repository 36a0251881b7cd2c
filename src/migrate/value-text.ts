import type { ByteString } from '../../grammar/bytes.js';

/** A value as a line of 2.4 holds it: quoted where the bare text would be read otherwise (config-language.md section 1). */
export function writtenValue(value: ByteString): ByteString {
  return needsQuotes(value) ? quoted(value) : value;
}

function needsQuotes(value: ByteString): boolean {
  if (value === '') return false;
  if (value.startsWith('<') || value.endsWith('\\')) return true;
  if (/^[\s]|[\s]$|#|[\r\n]/.test(value)) return true;
  if (/(?:^|[ \t])\$(?:SET|ENV):/.test(value)) return true;
  // Runs of blanks collapse in an unquoted value with $.
  if (value.includes('$') && /[ \t]{2}/.test(value)) return true;
  const first = value.charAt(0);
  return (first === '"' || first === "'") && value.endsWith(first);
}

function quoted(value: ByteString): ByteString {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** A section's name: bare, or in double quotes. */
export function writtenName(name: ByteString): ByteString {
  return name === '' || /[\s"'{=<$#\\]/.test(name) ? quoted(name) : name;
}

/** An element of a list, or a key of a string list. */
export function writtenKey(key: ByteString): ByteString {
  return key === '' || /[\s"'{}=<$#\\!]/.test(key) ? quoted(key) : key;
}
