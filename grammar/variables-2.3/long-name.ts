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
  /** Begin of what is not yet in `text`. */
  let run = start;
  let depth = 0;
  let percentSeen = false;
  let end = name.length;
  SPECIAL.lastIndex = start;
  for (let match = SPECIAL.exec(name); match !== null; match = SPECIAL.exec(name)) {
    const at = match.index;
    const [byte] = match;
    if (byte.startsWith('\\')) {
      // All backslashes go, and what follows them stays as it is.
      text += name.slice(run, at);
      run = at + byte.length;
      SPECIAL.lastIndex = run + 1;
    } else if (byte === '%') percentSeen = true;
    else if (percentSeen && byte === '{') {
      depth++;
      percentSeen = false;
    } else if (depth > 0 && byte === '}') depth--;
    else if (depth === 0 && byte === ';') {
      parameters.push({ text: text + name.slice(run, at), start });
      text = '';
      start = at + 1;
      run = start;
    } else if (depth === 0 && byte === ':') {
      end = at;
      break;
    }
  }
  text += name.slice(run, end);
  if (text !== '') parameters.push({ text, start });
  return parameters;
}

const SPECIAL = /\\+|[%{};:]/g;
