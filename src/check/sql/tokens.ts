import type { Span } from '../../../grammar/source.js';

/** Dialects differ in what `"x"` is: a string for MySQL, a name for the others. */
export type SqlDialect = 'mysql' | 'pgsql' | 'sqlite';

export interface SqlToken {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'variable' | 'sign';
  /** Unquoted text. */
  readonly text: string;
  readonly span: Span;
  /** The quote character of a string or name. */
  readonly quote?: string;
}

const SPACE = /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const WORD = /[A-Za-z_\x80-\xff][\w$\x80-\xff]*/y;
const NUMBER = /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+/y;
// Dovecot's own variables: `%u`, `%Lu`, `%1.2u`, `%{...}` (nested braces do not occur in queries of either version).
const VARIABLE = /%(?:\{[^}]*\}?|[-0-9.]*[A-Z]?[a-zA-Z!$])/y;
const SIGN = /<>|<=|>=|!=|\|\||::|[\s\S]/y;

/** The tokens of a query. Never fails: what nobody knows is a sign of one character, an open string ends with the text. */
export function sqlTokens(text: string, dialect: SqlDialect): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  const match = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const start = at;
    const character = text[at] ?? '';
    if (character === "'" || character === '"' || character === '`') {
      const { value, end } = quoted(text, at, dialect);
      const isString = character === "'" || (character === '"' && dialect === 'mysql');
      tokens.push({
        kind: isString ? 'string' : 'name',
        text: value,
        span: { start, end },
        quote: character,
      });
      at = end;
      continue;
    }
    const found = [
      ['variable', VARIABLE],
      ['word', WORD],
      ['number', NUMBER],
      ['sign', SIGN],
    ] as const;
    for (const [kind, pattern] of found) {
      const token = match(pattern);
      if (token === undefined) continue;
      at += token.length;
      tokens.push({ kind, text: token, span: { start, end: at } });
      break;
    }
  }
  return tokens;
}

function quoted(text: string, start: number, dialect: SqlDialect): { value: string; end: number } {
  const quote = text[start];
  let value = '';
  let at = start + 1;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (character === quote) {
      if (text[at + 1] !== quote) return { value, end: at + 1 };
      value += character;
      at += 2;
    } else if (character === '\\' && dialect === 'mysql' && quote !== '`') {
      value += text[at + 1] ?? '';
      at += 2;
    } else {
      value += character;
      at += 1;
    }
  }
  return { value, end: text.length };
}

export function isWord(token: SqlToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word;
}

export function isSign(token: SqlToken | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.text === sign;
}
