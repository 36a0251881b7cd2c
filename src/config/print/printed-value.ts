import type { ByteString } from '../../../grammar/bytes.js';

/** How one version writes and hides values. */
export interface ValueStyle {
  /** White space that makes quotes necessary at the ends of a value. */
  readonly isWhite: (char: string) => boolean;
  /** Ends of names whose whole value is a secret. */
  readonly secretEnds: readonly string[];
}

/** Dovecot 2.3.19.1 doveconf.c. */
export const STYLE_2_3: ValueStyle = {
  isWhite: (char) => char === ' ' || char === '\t',
  secretEnds: ['_password', '_key', '_nonce'],
};

/** Dovecot 2.4.1 doveconf.c. */
export const STYLE_2_4_1: ValueStyle = {
  isWhite: isSpace,
  secretEnds: ['_password', '_key', '_nonce', '_secret'],
};

/** Observed 2.4.5: the paths of private keys are hidden, too. */
export const STYLE_2_4_5: ValueStyle = {
  ...STYLE_2_4_1,
  secretEnds: [...STYLE_2_4_1.secretEnds, '_key_file'],
};

const SECRET_WORDS = ['key', 'secret', 'pass', 'http://', 'https://', 'ftp://'];

/** Every one of them has one of these. */
const MAY_HIDE = /key|secret|pass|:\/\//;

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
  const wholly =
    name.startsWith('ssl_dh') ||
    style.secretEnds.some((end) => name.length > end.length && name.endsWith(end));
  if (value !== '' && wholly) return '# hidden, use -P to show it';
  if (!MAY_HIDE.test(value)) return null;
  const mayEscape = (text: ByteString) => (quoted ? escapeQuotes(text) : text);
  let output = '';
  let printed = 0;
  let touched = false;
  let found = nextSecret(value, 0);
  while (found !== null) {
    touched = true;
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
  return touched ? output + mayEscape(value.slice(printed)) : null;
}

function nextSecret(value: ByteString, from: number): { at: number; word: string } | null {
  let found: { at: number; word: string } | null = null;
  for (const word of SECRET_WORDS) {
    const at = value.indexOf(word, from);
    if (at !== -1 && (found === null || at < found.at)) found = { at, word };
  }
  return found;
}

function isSpace(char: string | undefined): boolean {
  return char !== undefined && /[\t\n\v\f\r ]/.test(char);
}
