import { type CustomPatternMatcherFunc, createToken, type IToken } from 'chevrotain';
import { ANY_BYTE, bytesWhere } from '../byte-hints.js';

// Each part of a specification may stand only once and in this order, and all are optional: so every part has its own
// lexer mode, and what does not fit is the name of a one-letter variable (`%2-1u` asks for the variable `-`).

export const Text = createToken({
  name: 'Text',
  pattern: /[^%]+/,
  line_breaks: true,
  start_chars_hint: bytesWhere((byte) => byte !== '%'),
});
export const Percent = createToken({ name: 'Percent', pattern: '%', push_mode: 'format' });

export const Format = createToken({
  name: 'Format',
  pattern: /-?0?[0-9]+(?:\.0?-?[0-9]*)?|-?0?\.0?-?[0-9]*|-/,
  pop_mode: true,
  push_mode: 'modifiers',
});

/** Dovecot 2.3.19.1 var-expand.c MAX_MODIFIER_COUNT: an eleventh letter is a variable. */
export const Modifiers = createToken({
  name: 'Modifiers',
  pattern: /[LUEXRHNMDT]{1,10}/,
  pop_mode: true,
  push_mode: 'name',
});

/** Payload of a LongName token. */
export interface LongNamePayload {
  readonly text: string;
  readonly closed: boolean;
}

let lastText = '';
let lastClosingBrace = -1;

/** Whether a `}` stands behind `offset`; remembers the last one, so that many `{` do not search again and again. */
function hasClosingBrace(text: string, offset: number): boolean {
  if (text !== lastText) {
    lastText = text;
    lastClosingBrace = text.lastIndexOf('}');
  }
  return lastClosingBrace > offset;
}

const matchLongName: CustomPatternMatcherFunc = (text, offset) => {
  if (text.charCodeAt(offset) !== 0x7b || !hasClosingBrace(text, offset)) return null;
  let depth = 1;
  let escaped = false;
  let at = offset + 1;
  for (; at < text.length && depth > 0; at++) {
    const byte = text.charCodeAt(at);
    if (escaped) escaped = false;
    else if (byte === 0x5c) escaped = true;
    else if (byte === 0x7b) depth++;
    else if (byte === 0x7d) depth--;
  }
  const closed = depth === 0;
  const payload: LongNamePayload = { text: text.slice(offset + 1, closed ? at - 1 : at), closed };
  const result: [string] & { payload?: LongNamePayload } = [text.slice(offset, at)];
  result.payload = payload;
  return result;
};

/** `{...}` with nested braces; needs a `}` anywhere later, else `{` is a one-letter variable. */
export const LongName = createToken({
  name: 'LongName',
  pattern: matchLongName,
  line_breaks: true,
  start_chars_hint: ['{'],
  pop_mode: true,
});

export const ShortName = createToken({
  name: 'ShortName',
  pattern: /[\s\S]/,
  line_breaks: true,
  start_chars_hint: ANY_BYTE,
  pop_mode: true,
});

export const tokens = [Text, Percent, Format, Modifiers, LongName, ShortName];

export function longNamePayload(token: IToken): LongNamePayload {
  const payload: unknown = token.payload;
  if (typeof payload === 'object' && payload !== null && 'text' in payload && 'closed' in payload)
    return payload as LongNamePayload;
  return { text: token.image.slice(1, -1), closed: true };
}
