import type { ByteString } from '../../../grammar/bytes.js';

/** RFC 3461 4: everything but printable ASCII without `+` and `=` is written as `+XX`. */
export function encodeXtext(text: ByteString): ByteString {
  return text.replace(
    /[^!-*,-<>-~]/g,
    (character) => `+${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
}

export function decodeXtext(text: ByteString): ByteString | null {
  if (/\+(?![0-9A-F]{2})/.test(text)) return null;
  return text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The argument of EHLO or HELO where it is a domain or, for EHLO, an address; else null. RFC 5321 4.1.1.1 */
export function heloDomain(text: ByteString, allowLiteral: boolean): ByteString | null {
  const isDomain =
    /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;
  if (isDomain.test(text)) return text;
  return allowLiteral && /^\[[A-Za-z0-9:.-]+\]$/.test(text) ? text : null;
}

/** Whether a command's parameters are text: tabs, printable ASCII and UTF-8. Dovecot lib-smtp/smtp-command-parser.c */
export function isParameterText(text: ByteString): boolean {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) return false;
  if (!/[\x80-\xff]/.test(text)) return true;
  return !Buffer.from(text, 'latin1').toString('utf8').includes('\ufffd');
}

const ATOM = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]*/;

/** What is wrong with a parameter that is one string; null where nothing is. Dovecot lib-smtp/smtp-parser.c */
export function stringMistake(text: ByteString): ByteString | null {
  if (!text.startsWith('"')) return ATOM.exec(text)?.[0] === text ? null : 'Invalid character in string';
  const [inside = ''] = /^(?:[ !#-[\]-~]|\\[ -~])*/.exec(text.slice(1)) ?? [];
  const rest = text.slice(1 + inside.length);
  if (rest === '') return 'Premature end of quoted string';
  if (rest.startsWith('\\')) return "Invalid character after '\\' in quoted string";
  if (!rest.startsWith('"')) return 'Invalid character in quoted string';
  return rest === '"' ? null : 'Invalid character in string';
}
