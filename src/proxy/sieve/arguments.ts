import type { ByteString } from '../../../grammar/bytes.js';

export interface SieveArgument {
  readonly kind: 'string' | 'atom';
  readonly text: ByteString;
}

export type ParsedLine =
  | { readonly kind: 'more' }
  /** `end`: bytes that it takes, with the line's end. */
  | { readonly kind: 'line'; readonly arguments: readonly SieveArgument[]; readonly end: number }
  | { readonly kind: 'invalid'; readonly end: number };

/** Parses the arguments of one line, with the literals that may follow in it. RFC 5804 1.2, 4 */
export function parseArguments(text: ByteString, start = 0): ParsedLine {
  const found: SieveArgument[] = [];
  let at = start;
  for (;;) {
    const character = text.charAt(at);
    if (character === '') return { kind: 'more' };
    if (character === ' ') {
      at += 1;
      continue;
    }
    const end = /\r?\n/y;
    end.lastIndex = at;
    if (end.test(text)) return { kind: 'line', arguments: found, end: end.lastIndex };
    const step =
      character === '"' ? quoted(text, at) : character === '{' ? literal(text, at) : atom(text, at);
    if (step === 'more') return { kind: 'more' };
    if (step === 'invalid') return invalid(text, at);
    found.push(step.argument);
    at = step.end;
  }
}

type Step = { readonly argument: SieveArgument; readonly end: number } | 'more' | 'invalid';

function invalid(text: ByteString, at: number): ParsedLine {
  const end = text.indexOf('\n', at);
  return end === -1 ? { kind: 'more' } : { kind: 'invalid', end: end + 1 };
}

function quoted(text: ByteString, at: number): Step {
  const string = /"((?:[^"\\\r\n\0]|\\[^\r\n\0])*)"/y;
  string.lastIndex = at;
  const match = string.exec(text);
  if (match === null) return /[\r\n\0]/.test(text.slice(at)) ? 'invalid' : 'more';
  const value = (match[1] ?? '').replace(/\\(.)/gs, '$1');
  return { argument: { kind: 'string', text: value }, end: string.lastIndex };
}

function literal(text: ByteString, at: number): Step {
  const size = /\{(\d{1,9})\+?\}\r?\n/y;
  size.lastIndex = at;
  const match = size.exec(text);
  if (match === null) return text.indexOf('\n', at) === -1 ? 'more' : 'invalid';
  const end = size.lastIndex + Number(match[1]);
  if (end > text.length) return 'more';
  return { argument: { kind: 'string', text: text.slice(size.lastIndex, end) }, end };
}

function atom(text: ByteString, at: number): Step {
  const word = /[^ "(){}\\\x00-\x1f\x7f-\xff]+/y;
  word.lastIndex = at;
  const match = word.exec(text);
  if (match === null) return text.charAt(at) === '\r' && at + 1 === text.length ? 'more' : 'invalid';
  return { argument: { kind: 'atom', text: match[0] }, end: word.lastIndex };
}

/** A string as an answer shows it. Dovecot pigeonhole lib-managesieve/managesieve-quote.c */
export function sieveString(text: ByteString): ByteString {
  if (/[\r\n\0]/.test(text)) return `{${text.length}}\r\n${text}`;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
