import type { ByteString } from '../bytes.js';
import type { Name23, Part23, Template23 } from './tree.js';

// Each part of a specification may stand only once and in this order, and all are optional: what does not fit is the
// name of a one-letter variable (`%2-1u` asks for the variable `-`).
const FORMAT = /-?0?[0-9]+(?:\.0?-?[0-9]*)?|-?0?\.0?-?[0-9]*|-/y;

/** Dovecot 2.3.19.1 var-expand.c MAX_MODIFIER_COUNT: an eleventh letter is a variable. */
const MODIFIERS = /[LUEXRHNMDT]{1,10}/y;

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
    const format = match(FORMAT, text, percent + 1);
    const modifiers = match(MODIFIERS, text, percent + 1 + format.length);
    at = percent + 1 + format.length + modifiers.length;
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
    parts.push({ kind: 'variable', span, ...readFormat(format), modifiers, name });
  }
  return { parts, cutShort };
}

function match(pattern: RegExp, text: ByteString, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
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
  readonly offset: number;
  readonly width: number;
  readonly zeroPadding: boolean;
}

const PLAIN: Format23 = { offset: 0, width: 0, zeroPadding: false };

/** `[-][0]NUM1[.[0][-]NUM2]`: without a point NUM1 is the width and its sign is lost, with one it is the offset. */
function readFormat(image: string): Format23 {
  const found = image === '' ? null : /^(-?)(0?)([0-9]*)(?:(\.)(0?)(-?)([0-9]*))?$/.exec(image);
  if (found === null) return PLAIN;
  const [, sign, zero, first, point, secondZero, secondSign, second] = found;
  if (point === undefined) return { offset: 0, width: digits(first ?? ''), zeroPadding: zero === '0' };
  const offset = digits(first ?? '');
  const width = digits(second ?? '');
  return {
    offset: sign === '-' ? -offset : offset,
    width: secondSign === '-' ? -width : width,
    zeroPadding: secondZero === '0',
  };
}

/** Digits as C's `int` counts them (wrapping). */
function digits(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = (Math.imul(value, 10) + text.charCodeAt(at) - 0x30) | 0;
  return value;
}
