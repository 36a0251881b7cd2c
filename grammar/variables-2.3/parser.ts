import type { ByteString } from '../bytes.js';
import type { Name23, Part23, Template23 } from './tree.js';

/** Dovecot 2.3.19.1 var-expand.c MAX_MODIFIER_COUNT: an eleventh letter is a variable. */
const MAX_MODIFIERS = 10;
const MODIFIERS = 'LUEXRHNMDT';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BACKSLASH = 0x5c;

/** Parses a 2.3 template. Every text is one: the language has no syntax errors. A NUL ends it, as in C. */
export function parseVariables23(template: ByteString): Template23 {
  const nul = template.indexOf('\0');
  const text = nul === -1 ? template : template.slice(0, nul);
  const parts: Part23[] = [];
  let cutShort: Template23['cutShort'] = null;
  /** Behind the last `}`: a `{` from here on is a one-letter variable. */
  let lastBrace = -2;
  for (let at = 0; at < text.length; ) {
    const percent = text.indexOf('%', at);
    const textEnd = percent === -1 ? text.length : percent;
    if (textEnd > at) parts.push({ kind: 'text', text: text.slice(at, textEnd) });
    if (percent === -1) break;
    // Each part may stand only once and in this order, and all are optional: what does not fit is the name of a
    // one-letter variable (`%2-1u` asks for the variable `-`).
    const format = readFormat(text, percent + 1);
    at = format.end;
    while (at < text.length && at - format.end < MAX_MODIFIERS && MODIFIERS.includes(text.charAt(at))) at++;
    const modifiers = text.slice(format.end, at);
    if (at === text.length) {
      cutShort = { start: percent, end: at };
      break;
    }
    if (lastBrace === -2 && text.charCodeAt(at) === OPEN_BRACE) lastBrace = text.lastIndexOf('}');
    const isLong = text.charCodeAt(at) === OPEN_BRACE && lastBrace > at;
    const name: Name23 = isLong
      ? longName(text, at)
      : { kind: 'short', text: text.charAt(at), span: { start: at, end: at + 1 } };
    at = name.kind === 'long' && name.closed ? name.span.end + 1 : name.span.end;
    const span = { start: percent, end: at };
    const { offset, width, zeroPadding } = format;
    parts.push({ kind: 'variable', span, offset, width, zeroPadding, modifiers, name });
  }
  return { parts, cutShort };
}

/** `{...}` with nested braces. */
function longName(text: ByteString, brace: number): Name23 {
  let depth = 1;
  let at = brace + 1;
  for (; at < text.length && depth > 0; at++) {
    const byte = text.charCodeAt(at);
    if (byte === BACKSLASH) at++;
    else if (byte === OPEN_BRACE) depth++;
    else if (byte === CLOSE_BRACE) depth--;
  }
  const closed = depth === 0;
  const span = { start: brace + 1, end: closed ? at - 1 : text.length };
  return { kind: 'long', text: text.slice(span.start, span.end), closed, span };
}

interface Format23 {
  readonly end: number;
  readonly offset: number;
  readonly width: number;
  readonly zeroPadding: boolean;
}

/** `[-][0]NUM1[.[0][-]NUM2]`: without a point NUM1 is the width and its sign is lost, with one it is the offset. */
function readFormat(text: ByteString, start: number): Format23 {
  const isFirstNegative = text.charCodeAt(start) === MINUS;
  const firstDigits = isFirstNegative ? start + 1 : start;
  const firstEnd = digitsEnd(text, firstDigits);
  const first = digits(text, firstDigits, firstEnd);
  if (text.charCodeAt(firstEnd) !== POINT) {
    const zeroPadding = firstEnd > firstDigits && text.charCodeAt(firstDigits) === ZERO;
    return { end: firstEnd, offset: 0, width: first, zeroPadding };
  }
  const zeroPadding = text.charCodeAt(firstEnd + 1) === ZERO;
  let at = firstEnd + (zeroPadding ? 2 : 1);
  const isSecondNegative = text.charCodeAt(at) === MINUS;
  if (isSecondNegative) at++;
  const end = digitsEnd(text, at);
  const second = digits(text, at, end);
  return {
    end,
    offset: isFirstNegative ? -first : first,
    width: isSecondNegative ? -second : second,
    zeroPadding,
  };
}

function digitsEnd(text: ByteString, start: number): number {
  let at = start;
  while (text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE) at++;
  return at;
}

/** Digits as C's `int` counts them (wrapping). */
function digits(text: ByteString, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = (Math.imul(value, 10) + text.charCodeAt(at) - ZERO) | 0;
  return value;
}
