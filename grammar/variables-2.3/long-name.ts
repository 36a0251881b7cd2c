import type { ByteString } from '../bytes.js';

/** A long name that is no plain variable: `KEY` or `KEY:DATA` (Dovecot 2.3.19.1 var-expand.c var_expand_long). */
export interface LongName23 {
  readonly key: ByteString;
  readonly data: ByteString;
  /** `key` up to its first `;`: the name of a function. */
  readonly func: ByteString;
  /** What follows the `;`, split at commas; empty without one. */
  readonly options: readonly ByteString[];
}

export function splitLongName(text: ByteString): LongName23 {
  const colon = text.indexOf(':');
  const key = colon === -1 ? text : text.slice(0, colon);
  const data = colon === -1 ? '' : text.slice(colon + 1);
  const semicolon = key.indexOf(';');
  if (semicolon === -1) return { key, data, func: key, options: [] };
  return { key, data, func: key.slice(0, semicolon), options: key.slice(semicolon + 1).split(',') };
}

/** One parameter of `%{if;...}` with its escapes removed; `start` is where it begins in the name. */
export interface IfParameter23 {
  readonly text: ByteString;
  readonly start: number;
}

/**
 * Parameters of an `if` (Dovecot 2.3.19.1 var-expand-if.c): split at `;` outside nested `%{}`; a `\` removes itself and
 * protects the next byte; a `:` outside ends them; an empty last one does not count. null: there is no `;` at all.
 */
export function splitIfParameters(name: ByteString): IfParameter23[] | null {
  const first = name.indexOf(';');
  if (first === -1) return null;
  const parameters: IfParameter23[] = [];
  let text = '';
  let start = first + 1;
  let depth = 0;
  let escaped = false;
  let percentSeen = false;
  let at = first + 1;
  for (; at < name.length; at++) {
    const byte = name.charAt(at);
    if (byte === '\\') {
      escaped = true;
      continue;
    }
    if (escaped) {
      text += byte;
      escaped = false;
      continue;
    }
    if (byte === '%') percentSeen = true;
    else if (percentSeen && byte === '{') {
      depth++;
      percentSeen = false;
    } else if (depth > 0 && byte === '}') depth--;
    else if (depth === 0 && byte === ';') {
      parameters.push({ text, start });
      text = '';
      start = at + 1;
      continue;
    } else if (depth === 0 && byte === ':') break;
    text += byte;
  }
  if (text !== '') parameters.push({ text, start });
  return parameters;
}
