import type { ByteString } from '../../grammar/bytes.js';

type Token = { readonly name: string; readonly text: ByteString };

const TOKENS = /"((?:[^\\"]|\\[\s\S])*)("|$)|([<>=()])|([A-Za-z0-9:.*?_-]+)|([ \t\n\r]+)|([\s\S])/g;

/** Names that a bison parser has for what is no token of its grammar. */
export interface ParserWords {
  readonly end: string;
  readonly unknown: string;
}

/** Of the bison that made the parser of 2.3.19.1, and of later ones. */
export const OLD_WORDS: ParserWords = { end: '$end', unknown: '$undefined' };
export const NEW_WORDS: ParserWords = { end: 'end of file', unknown: 'invalid token' };

function tokensOf(text: ByteString, { end, unknown }: ParserWords): Token[] {
  const tokens: Token[] = [];
  for (const [, string, quote, sign, word, white, other] of text.matchAll(TOKENS)) {
    if (white !== undefined) continue;
    if (string !== undefined) {
      // A string that does not end gives no token.
      if (quote === '"') tokens.push({ name: 'STRING', text: string });
    } else if (sign !== undefined) tokens.push({ name: `'${sign}'`, text: sign });
    else if (word !== undefined)
      tokens.push({ name: /^(?:and|or|not)$/i.test(word) ? word.toUpperCase() : 'TOKEN', text: word });
    else tokens.push({ name: unknown, text: other ?? '' });
  }
  tokens.push({ name: end, text: '' });
  return tokens;
}

class FilterError extends Error {}

/** Grammar of event filters as a bison parser reports its errors (Dovecot lib/event-filter-parser.y). */
class EventFilterParser {
  readonly #tokens: readonly Token[];
  readonly #end: string;
  #at = 0;

  constructor(text: ByteString, words: ParserWords) {
    this.#tokens = tokensOf(text, words);
    this.#end = words.end;
  }

  parse(): void {
    if (this.#startsExpression()) this.#expression();
    if (this.#next.name !== this.#end) this.#refuse([this.#end]);
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { name: this.#end, text: '' };
  }

  #startsExpression(): boolean {
    return ['TOKEN', 'STRING', 'NOT', "'('"].includes(this.#next.name);
  }

  /** `and` and `or` bind equally and to the left; parentheses are counted, so depth costs no call stack. */
  #expression(): void {
    let depth = 0;
    for (;;) {
      while (this.#next.name === 'NOT' || this.#next.name === "'('") {
        if (this.#next.name === "'('") depth++;
        this.#at++;
      }
      if (!this.#startsExpression()) this.#refuse(['TOKEN', 'STRING', 'NOT', "'('"]);
      this.#comparison();
      while (depth > 0 && this.#next.name === "')'") {
        depth--;
        this.#at++;
      }
      if (this.#next.name === 'AND' || this.#next.name === 'OR') this.#at++;
      else if (depth > 0) this.#refuse(['AND', 'OR', "')'"]);
      else return;
    }
  }

  #comparison(): void {
    const key = this.#next.text;
    this.#at++;
    const operator = this.#next.name;
    if (!["'='", "'>'", "'<'"].includes(operator)) this.#refuse(["'='", "'>'", "'<'"]);
    this.#at++;
    let isEquality = operator === "'='";
    if (!isEquality && this.#next.name === "'='") {
      this.#at++;
      isEquality = false;
    }
    if (!['TOKEN', 'STRING', 'AND', 'OR', 'NOT'].includes(this.#next.name)) this.#refuse([]);
    this.#at++;
    if (!isEquality && ['event', 'category', 'source_location'].includes(key))
      throw new FilterError('Only fields support inequality comparisons');
  }

  #refuse(expected: readonly string[]): never {
    const expecting = expected.length === 0 ? '' : `, expecting ${expected.join(' or ')}`;
    throw new FilterError(`syntax error, unexpected ${this.#next.name}${expecting}`);
  }
}

/** Dovecot's complaint about an event filter, or null. */
export function eventFilterError(text: ByteString, words: ParserWords): ByteString | null {
  try {
    new EventFilterParser(text, words).parse();
    return null;
  } catch (error) {
    if (error instanceof FilterError) return `event filter: ${error.message}`;
    throw error;
  }
}
