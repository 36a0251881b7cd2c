import { type ByteString, fromUtf8 } from '../../../grammar/bytes.js';

/** Members of one flat object in their order; `error`: what ended the reading, behind the members before it. */
export interface JsonObject {
  readonly members: readonly (readonly [name: ByteString, value: ByteString | null])[];
  readonly error: ByteString | null;
}

const SIMPLE: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Reading stops here with Dovecot's text. */
class JsonProblem extends Error {}

/**
 * Reads a JSON object as Dovecot does: numbers, `true` and `false` stay what is written, `null` is no value, and nested
 * objects are refused. Dovecot 2.3.19.1 json-parser.c, db-dict.c: db_dict_value_iter_json_next
 */
export function readJsonObject(text: ByteString): JsonObject {
  const members: (readonly [ByteString, ByteString | null])[] = [];
  try {
    for (const member of new Reader(text).members()) members.push(member);
    return { members, error: null };
  } catch (error) {
    if (error instanceof JsonProblem) return { members, error: error.message };
    throw error;
  }
}

class Reader {
  readonly #text: ByteString;
  #at = 0;

  constructor(text: ByteString) {
    this.#text = text;
  }

  *members(): Generator<readonly [ByteString, ByteString | null]> {
    if (this.#next() !== '{') this.#fail("Object doesn't begin with '{'");
    this.#at += 1;
    if (this.#next() !== '}')
      for (;;) {
        if (this.#next() !== '"') this.#fail('Expected string as object key');
        const name = this.#string();
        if (name === null) this.#fail('Expected string as object key');
        if (name === '') throw new JsonProblem('Empty object key');
        const { value, isArray } = this.#value();
        yield [name, value];
        // The members of a list are taken for the object's.
        if (isArray) throw new JsonProblem('Object expected');
        const end = this.#next();
        if (end === '}') break;
        if (end !== ',') this.#fail("Expected ',' or '}' after object value");
        this.#at += 1;
      }
    this.#at += 1;
    if (this.#next() !== '') throw new JsonProblem('Unexpected data at the end');
  }

  /** A text that ends too early has one word for it. */
  #fail(problem: string): never {
    throw new JsonProblem(this.#at >= this.#text.length ? "Missing '}'" : problem);
  }

  /** The next character behind white space; '' at the end. */
  #next(): string {
    while (/^[ \t\r\n]$/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.charAt(this.#at);
  }

  #value(): { readonly value: ByteString | null; readonly isArray: boolean } {
    // Whatever is wrong behind a key.
    const missing = 'Missing value';
    if (this.#next() !== ':') throw new JsonProblem(missing);
    this.#at += 1;
    const first = this.#next();
    const plain = (value: ByteString | null) => ({ value, isArray: false });
    if (first === '"') {
      const value = this.#string();
      if (value === null) throw new JsonProblem(missing);
      return plain(value);
    }
    if (first === '{') throw new JsonProblem('Nested objects not supported');
    if (first === '[') return { value: null, isArray: true };
    const word = /^(?:-?(?:0|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/.exec(
      this.#text.slice(this.#at, this.#at + 400),
    )?.[0];
    if (word === undefined) throw new JsonProblem(missing);
    this.#at += word.length;
    return plain(word === 'null' ? null : word);
  }

  /** null: it is broken or ends too early. */
  #string(): ByteString | null {
    let value = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text.charAt(this.#at);
      if (char === '"') {
        this.#at += 1;
        return value;
      }
      if (char === '\0') return null;
      if (char !== '\\') {
        value += char;
        continue;
      }
      this.#at += 1;
      const escaped = this.#text.charAt(this.#at);
      const added = escaped === 'u' ? this.#unicode() : SIMPLE[escaped];
      if (added === undefined || added === null) return null;
      value += added;
    }
    return null;
  }

  /** null: no character, or the NUL, which Dovecot does not take. */
  #unicode(): ByteString | null {
    const code = this.#hex(this.#at + 1);
    this.#at += 4;
    if (code < 0xd800 || code > 0xdbff) return code > 0 ? fromUtf8(String.fromCharCode(code)) : null;
    const low = this.#text.startsWith('\\u', this.#at + 1) ? this.#hex(this.#at + 3) : -1;
    if (low < 0xdc00 || low > 0xdfff) return null;
    this.#at += 6;
    return fromUtf8(String.fromCharCode(code, low));
  }

  #hex(at: number): number {
    const digits = this.#text.slice(at, at + 4);
    return /^[0-9A-Fa-f]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
  }
}
