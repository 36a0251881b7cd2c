import type { ByteString } from '../../../../grammar/bytes.js';
import { escapeString } from '../section-name.js';

const WORDS = ['key', 'secret', 'pass', 'http://', 'https://', 'ftp://'];
const KEY_ENDS = ['_password', '_key', '_nonce', '_secret'];
const SPACE = /[\t\n\v\f\r ]/;

/** Values with `#`, or white space at an end, are printed in quotes. Dovecot 2.4.1 doveconf.c. */
function needsQuotes(value: ByteString): boolean {
  return value.includes('#') || /^[\t\n\v\f\r ]|[\t\n\v\f\r ]$/.test(value);
}

export function quoted(value: ByteString): ByteString {
  return needsQuotes(value) ? `"${escapeString(value)}"` : value;
}

/** List elements and their keys. */
export function quotedKey(key: ByteString): ByteString {
  return /[ "\\#=]/.test(key) ? `"${escapeString(key)}"` : key;
}

/** A value with its secrets hidden; `key` is the setting's full name. Dovecot 2.4.1 doveconf.c. */
export function withoutSecrets(key: ByteString, value: ByteString): ByteString {
  const isSecret = key.startsWith('ssl_dh') || KEY_ENDS.some((end) => key.endsWith(end) && key !== end);
  if (value !== '' && isSecret) return '# hidden, use -P to show it';
  return hideWords(value) ?? quoted(value);
}

function findWord(value: ByteString, from: number): { at: number; word: string } | null {
  let found: { at: number; word: string } | null = null;
  for (const word of WORDS) {
    const at = value.indexOf(word, from);
    if (at !== -1 && (found === null || at < found.at)) found = { at, word };
  }
  return found;
}

/** null: no word of a secret occurs, and the value goes the ordinary way. */
function hideWords(value: ByteString): ByteString | null {
  const mayEscape = needsQuotes(value) ? escapeString : (text: ByteString) => text;
  let output = '';
  let printed = 0;
  let found = findWord(value, 0);
  if (found === null) return null;
  for (; found !== null; ) {
    let at = found.at;
    if (found.word.includes('://')) {
      const user = at + found.word.length;
      at = user;
      while (at < value.length && !SPACE.test(value[at] ?? '') && value[at] !== '/' && value[at] !== '@')
        at++;
      const hides = value[at] === '@' && at !== user;
      output += mayEscape(value.slice(printed, user));
      output += hides ? '#hidden_use-P_to_show#' : mayEscape(value.slice(user, at));
      printed = at;
    } else if (at === 0 || !/[0-9A-Za-z]/.test(value[at - 1] ?? '')) {
      while (at < value.length && value[at] !== '=' && !SPACE.test(value[at] ?? '')) at++;
      while (at < value.length && SPACE.test(value[at] ?? '')) at++;
      output += mayEscape(value.slice(printed, at));
      if (value[at] === '=') {
        output += '=#hidden_use-P_to_show#';
        while (at < value.length && !SPACE.test(value[at] ?? '') && value[at] !== ';' && value[at] !== ':')
          at++;
      }
      printed = at;
    } else {
      at++;
    }
    found = findWord(value, at);
  }
  return output + mayEscape(value.slice(printed));
}
