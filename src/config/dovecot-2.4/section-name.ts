import type { ByteString } from '../../../grammar/bytes.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '=': '\\e',
  '/': '\\s',
  '\\': '\\\\',
  ' ': '\\_',
  ',': '\\+',
};
const PLAIN: Readonly<Record<string, string>> = { e: '=', s: '/', '\\': '\\', _: ' ', '+': ',', '.': '' };

/** A section name as one element of a list of names (Dovecot 2.4.1 settings-parser.c). */
export function escapeSectionName(name: ByteString): ByteString {
  if (name === '') return '\\.';
  return name.replace(/[=/\\ ,]/g, (char) => ESCAPES[char] ?? char);
}

export function unescapeSectionName(name: ByteString): ByteString {
  if (!name.includes('\\')) return name;
  return name.replace(/\\([\s\S])/g, (pair: string, char: string) => PLAIN[char] ?? pair);
}
