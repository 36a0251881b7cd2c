import type { ByteString } from '../../../grammar/bytes.js';

/** How one version writes and hides values. */
export interface ValueStyle {
  /** White space that makes quotes necessary at the ends of a value. */
  readonly isWhite: (char: string) => boolean;
  /** Names whose whole value is a secret. */
  readonly secretNames: RegExp;
}

/** Dovecot 2.3.19.1 doveconf.c. */
export const STYLE_2_3: ValueStyle = {
  isWhite: (char) => char === ' ' || char === '\t',
  secretNames: /^ssl_dh|.(?:_password|_key|_nonce)$/s,
};

/** Dovecot 2.4.1 doveconf.c. */
export const STYLE_2_4_1: ValueStyle = {
  isWhite: isSpace,
  secretNames: /^ssl_dh|.(?:_password|_key|_nonce|_secret)$/s,
};

/** Observed 2.4.5: the paths of private keys are hidden, too. */
export const STYLE_2_4_5: ValueStyle = {
  ...STYLE_2_4_1,
  secretNames: /^ssl_dh|.(?:_password|_key|_nonce|_secret|_key_file)$/s,
};

const SECRET_WORD = /key|secret|pass|https?:\/\/|ftp:\/\//g;

/** Quotes, apostrophes and backslashes get a backslash (Dovecot strescape.c). */
export function escapeQuotes(text: ByteString): ByteString {
  return text.replace(/["'\\]/g, '\\$&');
}

/** A value as doveconf writes it behind ` = `. */
export function printedValue(
  name: ByteString,
  value: ByteString,
  showSecrets: boolean,
  style: ValueStyle,
): ByteString {
  const quoted = needsQuotes(value, style);
  if (!showSecrets) {
    const hidden = hideSecrets(name, value, quoted, style);
    if (hidden !== null) return hidden;
  }
  return quoted ? `"${escapeQuotes(value)}"` : value;
}

/** A value as it is written in lines up to a marker (Dovecot 2.4.5 doveconf.c). */
export function printedLines(
  name: ByteString,
  value: ByteString,
  marker: ByteString,
  showSecrets: boolean,
  style: ValueStyle,
): ByteString {
  const hidden = showSecrets ? null : hideSecrets(name, value, needsQuotes(value, style), style);
  if (hidden !== null) return hidden;
  return `<<${marker}\n${value}${value.endsWith('\n') ? '' : '\n'}${marker}`;
}

function needsQuotes(value: ByteString, style: ValueStyle): boolean {
  if (value === '') return false;
  return value.includes('#') || style.isWhite(value[0] ?? '') || style.isWhite(value.at(-1) ?? '');
}

/** null: nothing to hide. The quotes themselves are lost where something is hidden, as in the program. */
function hideSecrets(
  name: ByteString,
  value: ByteString,
  quoted: boolean,
  style: ValueStyle,
): ByteString | null {
  if (value !== '' && style.secretNames.test(name)) return '# hidden, use -P to show it';
  let found = nextSecret(value, 0);
  if (found === null) return null;
  const mayEscape = (text: ByteString) => (quoted ? escapeQuotes(text) : text);
  let output = '';
  let printed = 0;
  while (found !== null) {
    let { at } = found;
    if (found.word.endsWith('://')) {
      const user = at + found.word.length;
      at = user;
      while (at < value.length && !isSpace(value[at]) && value[at] !== '/' && value[at] !== '@') at++;
      const hasUser = value[at] === '@' && at !== user;
      output += mayEscape(value.slice(printed, user));
      output += hasUser ? '#hidden_use-P_to_show#' : mayEscape(value.slice(user, at));
      printed = at;
    } else if (at === 0 || !/[0-9A-Za-z]/.test(value[at - 1] ?? '')) {
      while (at < value.length && value[at] !== '=' && !isSpace(value[at])) at++;
      while (at < value.length && isSpace(value[at])) at++;
      output += mayEscape(value.slice(printed, at));
      if (value[at] === '=') {
        output += '=#hidden_use-P_to_show#';
        while (at < value.length && !isSpace(value[at]) && value[at] !== ';' && value[at] !== ':') at++;
      }
      printed = at;
    } else at++;
    found = nextSecret(value, at);
  }
  return output + mayEscape(value.slice(printed));
}

function nextSecret(value: ByteString, from: number): { at: number; word: string } | null {
  SECRET_WORD.lastIndex = from;
  const match = SECRET_WORD.exec(value);
  return match === null ? null : { at: match.index, word: match[0] };
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /[\t\n\v\f\r ]/.test(char);
}
