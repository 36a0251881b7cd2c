import type { ByteString } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';

export interface SieveArgument {
  readonly kind: 'string' | 'atom';
  readonly text: ByteString;
}

/** What is wrong with a line; the rest of it, from `at` on, is of no use. */
interface Mistake {
  readonly kind: 'mistake';
  readonly error: ByteString;
  readonly at: number;
}

/** Nothing more can be understood on this connection. */
interface Fatal {
  readonly kind: 'fatal';
  readonly error: ByteString;
}

export type ParsedLine =
  | { readonly kind: 'more' }
  /** `end`: bytes that it takes, with the line's end unless only some arguments were wanted. */
  | { readonly kind: 'line'; readonly arguments: readonly SieveArgument[]; readonly end: number }
  | Mistake
  | Fatal;

export type ParsedResponse =
  /** `length`: of the string, as far as it has come. */
  | { readonly kind: 'more'; readonly length: number }
  /** The line ends where a string could be. */
  | { readonly kind: 'none'; readonly at: number }
  | { readonly kind: 'response'; readonly text: ByteString; readonly at: number }
  /** No string. */
  | { readonly kind: 'invalid'; readonly at: number }
  | Mistake
  | Fatal;

type Token =
  | { readonly kind: 'argument'; readonly argument: SieveArgument; readonly end: number }
  | Mistake
  | Fatal
  | 'more';

/** Dovecot pigeonhole managesieve-login/client.h MAX_MANAGESIEVE_LINE */
const MAX_LINE = 8192;

/**
 * Parses the arguments of one line, with the literals that may follow in it; at most `count` of them.
 * RFC 5804 1.2, 4; Dovecot pigeonhole lib-managesieve/managesieve-parser.c
 */
export function parseArguments(
  text: ByteString,
  start: number,
  series: Series,
  count = Number.POSITIVE_INFINITY,
): ParsedLine {
  const found: SieveArgument[] = [];
  let at = start;
  for (;;) {
    if (found.length >= count) return { kind: 'line', arguments: found, end: at };
    const character = text.charAt(at);
    if (character === '') return { kind: 'more' };
    if (character === ' ') {
      at += 1;
      continue;
    }
    if (isLineEnd(character)) {
      const ending = lineEnding(text, at, series);
      if (ending !== 'good') return ending;
      const end = text.indexOf('\n', at);
      return end === -1 ? { kind: 'more' } : { kind: 'line', arguments: found, end: end + 1 };
    }
    const token = nextToken(text, at, MAX_LINE - (at - start));
    if (token === 'more') return { kind: 'more' };
    if (token.kind !== 'argument') return token;
    found.push(token.argument);
    at = token.end;
  }
}

/**
 * Reads the string that a SASL exchange wants; what follows it on its line is not looked at.
 * Dovecot pigeonhole managesieve-login/client-authenticate.c managesieve_client_auth_read_response
 */
export function parseResponse(text: ByteString, start: number, series: Series): ParsedResponse {
  let at = start;
  // Words are read up to the first string, and none of them may be there.
  for (let words = 0; ; words += 1) {
    while (text.charAt(at) === ' ') at += 1;
    const character = text.charAt(at);
    if (character === '') return { kind: 'more', length: 0 };
    if (isLineEnd(character)) {
      const ending = lineEnding(text, at, series);
      if (ending !== 'good') return ending.kind === 'more' ? { ...ending, length: 0 } : ending;
      return { kind: words === 0 ? 'none' : 'invalid', at };
    }
    if (character === '"') return words === 0 ? quotedResponse(text, at) : { kind: 'invalid', at };
    const token = character === '{' ? literal(text, at, Number.POSITIVE_INFINITY, false) : atom(text, at);
    if (token === 'more') return { kind: 'more', length: character === '{' ? text.length - at : 0 };
    if (token.kind !== 'argument') return token;
    if (token.argument.kind === 'string')
      return words === 0
        ? { kind: 'response', text: token.argument.text, at: token.end }
        : { kind: 'invalid', at: token.end };
    at = token.end;
  }
}

/** Debian's 2.3.19.1 wants a line feed behind a carriage return. observed */
function lineEnding(text: ByteString, at: number, series: Series): 'good' | Mistake | { kind: 'more' } {
  if (series === '2.4' || text.charAt(at) === '\n') return 'good';
  if (at + 1 >= text.length) return { kind: 'more' };
  return text.charAt(at + 1) === '\n' ? 'good' : { kind: 'mistake', error: 'CR sent without LF', at };
}

/** Dovecot pigeonhole managesieve-parser.c quoted_string_istream_read */
function quotedResponse(text: ByteString, start: number): ParsedResponse {
  const mistake = (error: ByteString, at: number): Mistake => ({
    kind: 'mistake',
    error: `Error in AUTHENTICATE response string: ${error}`,
    at,
  });
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { kind: 'response', text: value, at: at + 1 };
    if (isLineEnd(character)) return mistake('Quoted string contains an invalid character', at);
    if (character !== '\\') {
      value += character;
      continue;
    }
    at += 1;
    const escaped = text.charAt(at);
    if (escaped === '') return { kind: 'more', length: value.length };
    if (escaped !== '"' && escaped !== '\\')
      return mistake('Escaped quoted-string character is not a QUOTED-SPECIAL', at);
    value += escaped;
  }
  return { kind: 'more', length: value.length };
}

function isLineEnd(character: ByteString): boolean {
  return character === '\r' || character === '\n';
}

function nextToken(text: ByteString, at: number, room: number): Token {
  switch (text.charAt(at)) {
    case '"':
      return quoted(text, at);
    case '{':
      return literal(text, at, room);
    default:
      return atom(text, at);
  }
}

function isUtf8(bytes: ByteString): boolean {
  return !/[\x80-\xff]/.test(bytes) || !Buffer.from(bytes, 'latin1').toString('utf8').includes('\ufffd');
}

function quoted(text: ByteString, start: number): Token {
  const mistake = (error: ByteString): Mistake => ({ kind: 'mistake', error, at: start + 1 });
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') {
      const inside = text.slice(start + 1, at);
      if (!isUtf8(inside)) return mistake('Invalid UTF-8 character in quoted-string.');
      const argument = { kind: 'string', text: inside.replace(/\\(.)/g, '$1') } as const;
      return { kind: 'argument', argument, end: at + 1 };
    }
    if (character === '\0') return mistake('NULs not allowed in strings');
    if (isLineEnd(character)) return mistake('String contains invalid character.');
    if (character !== '\\') continue;
    at += 1;
    const escaped = text.charAt(at);
    if (escaped !== '' && escaped !== '"' && escaped !== '\\')
      return mistake('Escaped quoted-string character is not a QUOTED-SPECIAL.');
  }
  return 'more';
}

function literal(text: ByteString, start: number, room: number, isText = true): Token {
  const match = /^\{(\d*)(\+?)/.exec(text.slice(start, start + 24));
  const digits = match?.[1] ?? '';
  const at = start + (match?.[0].length ?? 1);
  const character = text.charAt(at);
  if (character === '') return 'more';
  if (character !== '}') {
    const error = match?.[2] === '+' ? "Expecting '}' after '+'" : 'Invalid literal size';
    return { kind: 'mistake', error, at: start + 1 };
  }
  const size = Number(digits);
  if (size > room) return { kind: 'fatal', error: 'Literal size too large' };
  const data = text.charAt(at + 1) === '\r' ? at + 2 : at + 1;
  if (text.charAt(data) === '') return 'more';
  if (text.charAt(data) !== '\n')
    return { kind: 'mistake', error: 'Missing LF after literal size', at: data };
  const end = data + 1 + size;
  if (end > text.length) return 'more';
  const value = text.slice(data + 1, end);
  if (isText && !isUtf8(value))
    return { kind: 'mistake', error: 'Invalid UTF-8 character in literal string.', at: data + 1 };
  return { kind: 'argument', argument: { kind: 'string', text: value }, end };
}

function atom(text: ByteString, start: number): Token {
  const word = /[^ "(){\\\x00-\x1f\x7f-\xff]*/y;
  word.lastIndex = start;
  const value = word.exec(text)?.[0] ?? '';
  const end = start + value.length;
  const character = text.charAt(end);
  if (character === '') return 'more';
  const isEnd = character === ' ' || character === ')' || isLineEnd(character);
  if (isEnd && value !== '') return { kind: 'argument', argument: { kind: 'atom', text: value }, end };
  const error = character >= '\x80' ? '8bit data in atom' : 'Invalid characters in atom';
  return { kind: 'mistake', error, at: start };
}

/** A string as an answer shows it. Dovecot pigeonhole lib-managesieve/managesieve-quote.c */
export function sieveString(text: ByteString): ByteString {
  if (/[\r\n\0]/.test(text)) return `{${text.length}}\r\n${text}`;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
