import type { ByteString } from '../bytes.js';
import type { Span } from '../source.js';
import { isUtf8 } from '../utf8.js';
import { readStringLiteral } from './string-literal.js';

/** Tokens of a program with their names in bison's messages (Dovecot 2.4.1 var-expand-parser.y). */
export const TOKEN_NAMES = {
  open: 'OCBRACE',
  close: 'CCBRACE',
  percent: 'PERC',
  pipe: 'PIPE',
  'left-paren': 'OBRACE',
  'right-paren': 'CBRACE',
  comma: 'COMMA',
  equals: 'EQ',
  plus: 'PLUS',
  minus: 'MINUS',
  star: 'STAR',
  slash: 'SLASH',
  name: 'NAME',
  string: 'VALUE',
  number: 'NUMBER',
  /** What the scanner itself refuses; its text is the message. */
  bad: 'bad',
  end: 'end of file',
} as const;

export type TokenKind = keyof typeof TOKEN_NAMES;

export interface Token24 {
  readonly kind: TokenKind | 'text';
  readonly span: Span;
  /** Of a string its value, of `bad` the message, of everything else what stands there. */
  readonly text: ByteString;
}

export interface Scanned24 {
  /** The last one is `end`. */
  readonly tokens: readonly Token24[];
  readonly ignored: readonly Span[];
  readonly lost: readonly Span[];
}

const NAME = /[a-zA-Z\x80-\xff][a-zA-Z0-9_/;:.\x80-\xff-]*/y;
const NUMBER = /[0-9]+/y;

const SIGNS: Readonly<Record<string, TokenKind>> = {
  '}': 'close',
  '%': 'percent',
  '|': 'pipe',
  '(': 'left-paren',
  ')': 'right-paren',
  ',': 'comma',
  '=': 'equals',
  '+': 'plus',
  '-': 'minus',
  '*': 'star',
  '/': 'slash',
};

/** Cuts a template into tokens (Dovecot 2.4.1 var-expand-lexer.l). */
export function scanVariables24(text: ByteString): Scanned24 {
  const tokens: Token24[] = [];
  const ignored: Span[] = [];
  const lost: Span[] = [];
  let at = 0;
  while (at < text.length) {
    const percent = text.indexOf('%', at);
    const end = percent === -1 ? text.length : percent;
    // Stray scanner rule of 2.4.1: a text of exactly `y` is dropped.
    if (end === at + 1 && text.charAt(at) === 'y') lost.push({ start: at, end });
    else if (end > at) tokens.push(token('text', at, end, text.slice(at, end)));
    if (percent === -1) break;
    if (text.startsWith('%%{', percent)) {
      tokens.push(token('text', percent, percent + 3, '%{'));
      at = percent + 3;
    } else if (text.startsWith('%{', percent)) {
      tokens.push(token('open', percent, percent + 2, '%{'));
      at = scanProgram(text, percent + 2, tokens, ignored);
    } else {
      tokens.push(token('text', percent, percent + 1, '%'));
      at = percent + 1;
    }
  }
  tokens.push(token('end', text.length, text.length, ''));
  return { tokens, ignored, lost };
}

function token(kind: Token24['kind'], start: number, end: number, text: ByteString): Token24 {
  return { kind, span: { start, end }, text };
}

/** The inside of `%{...}` with its brace; gives the offset behind it. */
function scanProgram(text: ByteString, from: number, tokens: Token24[], ignored: Span[]): number {
  for (let at = from; at < text.length; ) {
    const byte = text.charAt(at);
    const sign = SIGNS[byte];
    if (sign !== undefined) {
      tokens.push(token(sign, at, at + 1, byte));
      if (sign === 'close') return at + 1;
      at++;
      continue;
    }
    if (byte === ' ' || byte === '\t') {
      at++;
      continue;
    }
    if (byte === '"' || byte === "'") {
      const literal = readStringLiteral(text, at);
      // No closing quote: the scanner meets the end of the text inside the string.
      if (literal.kind === 'string') tokens.push(token('string', at, literal.end, literal.value));
      else if (literal.kind === 'bad') tokens.push(token('bad', at, literal.end, literal.message));
      at = literal.end;
      continue;
    }
    const name = imageAt(NAME, text, at);
    if (name !== '') {
      const isGood = isUtf8(name);
      tokens.push(
        token(isGood ? 'name' : 'bad', at, at + name.length, isGood ? name : 'Invalid UTF-8 string'),
      );
      at += name.length;
      continue;
    }
    const number = imageAt(NUMBER, text, at);
    if (number === '') {
      // Every other byte is skipped (and echoed to the process's stdout).
      ignored.push({ start: at, end: at + 1 });
      at++;
    } else {
      tokens.push(token('number', at, at + number.length, number));
      at += number.length;
    }
  }
  return text.length;
}

function imageAt(pattern: RegExp, text: ByteString, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
