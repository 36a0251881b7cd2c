import { type CustomPatternMatcherFunc, createToken, Lexer } from 'chevrotain';
import { ANY_BYTE, bytesWhere } from '../byte-hints.js';
import type { ByteString } from '../bytes.js';
import { isUtf8 } from '../utf8.js';
import { readStringLiteral, type StringLiteral } from './string-literal.js';

// Token names behind `label` are those of bison's messages (Dovecot 2.4.1 var-expand-parser.y).

/** Stray scanner rule of 2.4.1: a text of exactly `y` is dropped. */
const LostY = createToken({ name: 'LostY', pattern: /y(?![^%])/, group: 'lost' });
export const Text = createToken({
  name: 'Text',
  pattern: /[^%]+/,
  line_breaks: true,
  start_chars_hint: bytesWhere((byte) => byte !== '%'),
});
export const EscapedOpen = createToken({ name: 'EscapedOpen', pattern: '%%{' });
export const Open = createToken({ name: 'Open', label: 'OCBRACE', pattern: '%{', push_mode: 'program' });
export const LonePercent = createToken({ name: 'LonePercent', label: 'PERC', pattern: '%' });

export const Close = createToken({ name: 'Close', label: 'CCBRACE', pattern: '}', pop_mode: true });
const Blank = createToken({ name: 'Blank', pattern: /[ \t]+/, group: Lexer.SKIPPED });
export const Percent = createToken({ name: 'Percent', label: 'PERC', pattern: '%' });
export const Pipe = createToken({ name: 'Pipe', label: 'PIPE', pattern: '|' });
export const LeftParen = createToken({ name: 'LeftParen', label: 'OBRACE', pattern: '(' });
export const RightParen = createToken({ name: 'RightParen', label: 'CBRACE', pattern: ')' });
export const Comma = createToken({ name: 'Comma', label: 'COMMA', pattern: ',' });
export const Equals = createToken({ name: 'Equals', label: 'EQ', pattern: '=' });
export const Plus = createToken({ name: 'Plus', label: 'PLUS', pattern: '+' });
export const Minus = createToken({ name: 'Minus', label: 'MINUS', pattern: '-' });
export const Star = createToken({ name: 'Star', label: 'STAR', pattern: '*' });
export const Slash = createToken({ name: 'Slash', label: 'SLASH', pattern: '/' });
export const NumberToken = createToken({ name: 'NumberToken', label: 'NUMBER', pattern: /[0-9]+/ });

const NAME = /[a-zA-Z\x80-\xff][a-zA-Z0-9_/;:.\x80-\xff-]*/y;

const NAME_STARTS = bytesWhere((byte) => /[a-zA-Z\x80-\xff]/.test(byte));

const matchName: CustomPatternMatcherFunc = (text, offset) => {
  NAME.lastIndex = offset;
  return NAME.exec(text);
};

const matchBadName: CustomPatternMatcherFunc = (text, offset) => {
  NAME.lastIndex = offset;
  const match = NAME.exec(text);
  if (match === null || isUtf8(match[0])) return null;
  const result: [string] & { payload?: ByteString } = [match[0]];
  result.payload = 'Invalid UTF-8 string';
  return result;
};

export const Name = createToken({
  name: 'Name',
  label: 'NAME',
  pattern: matchName,
  line_breaks: false,
  start_chars_hint: NAME_STARTS,
});

let lastText = '';
let lastOffset = -1;
let lastLiteral: StringLiteral = { kind: 'open', end: 0 };

/** The literal at `offset`; the three token kinds ask for the same one in turn. */
function literalAt(text: ByteString, offset: number): StringLiteral {
  if (offset !== lastOffset || text !== lastText) {
    lastLiteral = readStringLiteral(text, offset);
    lastText = text;
    lastOffset = offset;
  }
  return lastLiteral;
}

function literalMatcher(kind: StringLiteral['kind']): CustomPatternMatcherFunc {
  return (text, offset) => {
    const byte = text.charCodeAt(offset);
    if (byte !== 0x22 && byte !== 0x27) return null;
    const literal = literalAt(text, offset);
    if (literal.kind !== kind) return null;
    const result: [string] & { payload?: ByteString } = [text.slice(offset, literal.end)];
    if (literal.kind === 'string') result.payload = literal.value;
    else if (literal.kind === 'bad') result.payload = literal.message;
    return result;
  };
}

/** Payload: the string's value. */
export const StringToken = createToken({
  name: 'StringToken',
  label: 'VALUE',
  pattern: literalMatcher('string'),
  line_breaks: true,
  start_chars_hint: ["'", '"'],
});

/** No closing quote: the scanner meets the end of the text inside the string. */
const OpenString = createToken({
  name: 'OpenString',
  pattern: literalMatcher('open'),
  group: Lexer.SKIPPED,
  line_breaks: true,
  start_chars_hint: ["'", '"'],
});

/** What the scanner itself refuses. Payload: its message. */
export const BadString = createToken({
  name: 'BadString',
  pattern: literalMatcher('bad'),
  line_breaks: true,
  start_chars_hint: ["'", '"'],
});
export const BadName = createToken({
  name: 'BadName',
  pattern: matchBadName,
  line_breaks: false,
  start_chars_hint: NAME_STARTS,
});

/** Every other byte is skipped (and echoed to the process's stdout). */
const Ignored = createToken({
  name: 'Ignored',
  pattern: /[\s\S]/,
  line_breaks: true,
  start_chars_hint: ANY_BYTE,
  group: 'ignored',
});

export const textTokens = [LostY, Text, EscapedOpen, Open, LonePercent];
export const programTokens = [
  Close,
  Blank,
  Percent,
  BadName,
  Name,
  Pipe,
  LeftParen,
  RightParen,
  Comma,
  Equals,
  Plus,
  Minus,
  Star,
  Slash,
  StringToken,
  OpenString,
  BadString,
  NumberToken,
  Ignored,
];
export const tokens = [...textTokens, ...programTokens];
