import type { ByteString } from '../bytes.js';
import { isUtf8 } from '../utf8.js';

/** A quoted string as Dovecot 2.4.1 var-expand-lexer.l reads it. `end` is behind its last byte. */
export type StringLiteral =
  | { readonly kind: 'string'; readonly value: ByteString; readonly end: number }
  /** The closing quote is missing: the whole text ends here. */
  | { readonly kind: 'open'; readonly end: number }
  | { readonly kind: 'bad'; readonly message: ByteString; readonly end: number };

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  t: '\t',
  r: '\r',
  n: '\n',
};

/** Reads the string whose quote stands at `offset`. */
export function readStringLiteral(text: ByteString, offset: number): StringLiteral {
  const quote = text.charAt(offset);
  const plain = quote === '"' ? /[^"\\]*/y : /[^'\\]*/y;
  let value = '';
  let at = offset + 1;
  while (at < text.length) {
    plain.lastIndex = at;
    const run = plain.exec(text)?.[0] ?? '';
    if (run !== '') {
      if (!isUtf8(run)) return { kind: 'bad', message: 'Invalid UTF-8 string', end: at + run.length };
      value += run;
      at += run.length;
      continue;
    }
    if (text.charAt(at) === quote) return { kind: 'string', value, end: at + 1 };
    at++;
    // The scanner's `.` is no newline: it is skipped and what follows it is still the escape.
    while (text.charAt(at) === '\n') at++;
    if (at >= text.length) break;
    const escaped = readEscape(text, at);
    if (escaped === null) return { kind: 'bad', message: 'Invalid character escape', end: at + 1 };
    value += escaped.value;
    at = escaped.end;
  }
  return { kind: 'open', end: text.length };
}

const HEX_ESCAPE = /x([0-9a-fA-F]{2})/y;
const DIGITS = /[0-9]{1,3}/y;

function readEscape(text: ByteString, at: number): { value: string; end: number } | null {
  HEX_ESCAPE.lastIndex = at;
  const hex = HEX_ESCAPE.exec(text)?.[1];
  if (hex !== undefined) return { value: String.fromCharCode(Number.parseInt(hex, 16)), end: at + 3 };
  DIGITS.lastIndex = at;
  const octal = DIGITS.exec(text)?.[0];
  if (octal !== undefined) {
    const code = /[89]/.test(octal) ? 256 : Number.parseInt(octal, 8);
    return code > 255 ? null : { value: String.fromCharCode(code), end: at + octal.length };
  }
  const simple = SIMPLE_ESCAPES[text.charAt(at)];
  return simple === undefined ? null : { value: simple, end: at + 1 };
}
