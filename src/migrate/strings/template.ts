import type { ByteString } from '../../../grammar/bytes.js';
import { splitLongName } from '../../../grammar/variables-2.3/long-name.js';
import { parseVariables23 } from '../../../grammar/variables-2.3/parser.js';
import type { Part23 } from '../../../grammar/variables-2.3/tree.js';
import { DIGEST_NAMES } from '../../variables/digests.js';
import { conditionValue } from './condition.js';
import { flattened } from './decision.js';
import {
  type Chain,
  chain,
  leafOf,
  NoEqual,
  type Piece,
  piped,
  quoted,
  textLeaf,
  type Value,
  variableStep,
} from './expression.js';
import { AlwaysFails } from './failure.js';
import { cryptValue, hashValue } from './functions.js';
import { formatted } from './modifiers.js';
import { type NameTable, NUMBERS } from './name-tables.js';
import { type Remark, Remarks } from './remarks.js';
import { writeTemplate } from './write-template.js';

/** The characters that a place escapes in values: `sql` and `ldap` as Dovecot does for them. */
export type EscapedPlace = 'sql' | 'ldap';

export interface TranslatedTemplate {
  readonly text: ByteString;
  readonly remarks: readonly Remark[];
}

const FUNCTIONS: ReadonlySet<string> = new Set([...DIGEST_NAMES, 'pkcs5', 'encrypt', 'decrypt']);

const ESCAPED: Readonly<Record<EscapedPlace, RegExp>> = {
  sql: /['"\\\0\n\r\x1a]/,
  ldap: /[\x01-\x1f\\*(),+<>;"=]|^[# ]| $/,
};

type Variable23 = Extract<Part23, { kind: 'variable' }>;

/** Translates the text of one place. */
class Translator {
  readonly #table: NameTable;
  readonly #place: EscapedPlace | null;
  readonly remarks = new Remarks();

  constructor(table: NameTable, place: EscapedPlace | null) {
    this.#table = table;
    this.#place = place;
  }

  translate(template: ByteString): ByteString {
    const pieces = this.values(template, true).flatMap((value) =>
      flattened(value, (text) => this.#escaped(text)),
    );
    const text = this.#written(pieces);
    if (text.includes(' | safe'))
      this.remarks.differs(
        'the filter safe keeps a text of the expression from being escaped: 2.4.3 and the 2.4.1 of Debian 13 have it',
      );
    return text;
  }

  #written(pieces: readonly Piece[]): ByteString {
    try {
      return writeTemplate(pieces, this.#table.withoutBlanks);
    } catch (error) {
      if (!(error instanceof NoEqual)) throw error;
      this.remarks.lost(`2.4 has no form of this text: ${error.message}`);
      return writeTemplate(pieces);
    }
  }

  values(template: ByteString, outermost: boolean): Value[] {
    const { parts, cutShort } = parseVariables23(template);
    if (cutShort !== null)
      this.remarks.differs('2.3 drops what the end of the text cuts short, and so does this');
    return parts.map((part) => {
      if (part.kind === 'text') return textLeaf(part.text);
      return outermost ? this.#outermost(part, template) : this.#variable(part);
    });
  }

  /** What cannot be translated fails as a whole: a text that is nearly right would be found out too late. */
  #outermost(variable: Variable23, template: ByteString): Value {
    try {
      const value = this.#variable(variable);
      flattened(value, (text) => this.#escaped(text));
      return value;
    } catch (error) {
      const written = template.slice(variable.span.start, variable.span.end);
      if (error instanceof AlwaysFails) {
        this.remarks.fails(`2.3 itself fails with ${written} (${error.message}), and so does this`);
        const unknown = `UNSUPPORTED_VARIABLE_${variable.name.text.split(/[:;]/, 1)[0] ?? ''}`;
        if (this.#table.unknown === 'text') return textLeaf(unknown);
        return leafOf(chain([/^[A-Z_]+[a-zA-Z0-9_]*$/.test(unknown) ? unknown : 'UNSUPPORTED_VARIABLE']));
      }
      if (!(error instanceof NoEqual)) throw error;
      this.remarks.lost(
        `2.4 has no form of ${written}: ${error.message}. Written is a variable that does not exist, so that nothing goes on with a wrong text`,
      );
      return leafOf(chain(['NOT_TRANSLATED']));
    }
  }

  #variable(variable: Variable23): Value {
    const { name, modifiers, offset, width, zeroPadding } = variable;
    if (name.kind === 'long' && !name.closed) throw new AlwaysFails('its braces do not balance');
    const value = name.kind === 'short' ? this.#short(name.text) : this.#long(name.text);
    if (modifiers === '' && offset === 0 && width === 0) return value;
    if (/[^LUD]/.test(modifiers) || offset !== 0 || width !== 0) this.#earlyEscape();
    return formatted(value, modifiers, { offset, width }, zeroPadding, this.remarks);
  }

  #short(letter: ByteString): Value {
    if (letter === '%') return textLeaf('%');
    const name = this.#table.letters.get(letter);
    if (name === undefined) throw new AlwaysFails(`Unknown variable '%${letter}'`);
    return this.#named(name, letter);
  }

  #named(name: string, written: ByteString): Value {
    const steps = this.#table.names.get(name);
    if (steps === undefined) throw new AlwaysFails(`Unknown variable '%${written}'`);
    const difference = this.#table.differences.get(name);
    if (difference !== undefined) this.remarks.differs(difference);
    const [only = ''] = steps;
    return leafOf(chain(steps, { number: steps.length === 1 && NUMBERS.has(only) }));
  }

  #long(name: ByteString): Value {
    if (this.#table.names.has(name)) return this.#named(name, name);
    const { key, data, func, options } = splitLongName(name);
    const lower = func.toLowerCase();
    const nested = (template: ByteString): Value[] => this.values(template, false);
    if (lower === 'if') return conditionValue(name, nested);
    if (FUNCTIONS.has(lower)) {
      this.#earlyEscape();
      const field = this.#long(data);
      if (lower === 'encrypt' || lower === 'decrypt')
        return cryptValue(lower === 'decrypt', options, field, nested, this.remarks);
      return hashValue(func, options, field, nested);
    }
    return leafOf(this.#provided(key, data, name.length > key.length));
  }

  /** `%{passdb:FIELD:DEFAULT}`. */
  #provided(key: ByteString, data: ByteString, colon: boolean): Chain {
    const known = this.#table.prefixes.get(key);
    if (known === undefined || !colon) throw new AlwaysFails(`Unknown variable '%${key}'`);
    const second = known.default ? data.indexOf(':') : -1;
    if (second === -1) return chain([variableStep(`${known.prefix}:${data}`)]);
    const field = chain([variableStep(`${known.prefix}:${data.slice(0, second)}`)]);
    const fallback = data.slice(second + 1);
    if (fallback === '') return field;
    this.remarks.differs(
      `the default of %{${key}:${data}} stands for a missing field in 2.3, in 2.4 for an empty one too`,
    );
    return piped(field, `default(${quoted(fallback)})`);
  }

  #escaped(text: ByteString): boolean {
    return this.#place !== null && ESCAPED[this.#place].test(text);
  }

  #earlyEscape(): void {
    if (this.#place !== null)
      this.remarks.differs(
        '2.3 escapes a value before modifiers and functions, 2.4 what comes out of them: other texts for values with quotes or backslashes',
      );
  }
}

/** A text of 2.3 with the variables of `table` in the language of 2.4. */
export function translateTemplate(
  template: ByteString,
  table: NameTable,
  place: EscapedPlace | null = null,
): TranslatedTemplate {
  if (!template.includes('%')) return { text: template, remarks: [] };
  const translator = new Translator(table, place);
  const text = translator.translate(template);
  return { text, remarks: translator.remarks.all };
}
