import type { ByteString } from '../../../grammar/bytes.js';
import type { Span } from '../../../grammar/source.js';
import { splitIfParameters, splitLongName } from '../../../grammar/variables-2.3/long-name.js';
import { parseVariables23 } from '../../../grammar/variables-2.3/parser.js';
import { LONG_TABLE_23, SHORT_TABLE_23, type TableEntry } from '../auth-table.js';
import { DIGEST_NAMES, type Digest, digestByName } from '../digests.js';
import { MAX_NESTING } from '../limits.js';

/** A template whose names are resolved as far as they can be without a request. */
export interface Compiled23 {
  readonly parts: readonly (ByteString | CompiledVariable23)[];
}

export interface CompiledVariable23 {
  readonly span: Span;
  readonly offset: number;
  readonly width: number;
  readonly zeroPadding: boolean;
  readonly modifiers: string;
  readonly source: ShortSource | LongSource;
  /** Braces that never close: Dovecot reads past the end of the text. */
  readonly unclosed: boolean;
}

export interface ShortSource {
  readonly kind: 'short';
  readonly letter: ByteString;
  readonly entry: TableEntry | null;
}

/** What a long name asks for; `name` is all of it, which `VariableScope.extra` may override. */
export type LongSource = { readonly name: ByteString } & (
  | { readonly kind: 'table'; readonly entry: TableEntry }
  | { readonly kind: 'system'; readonly field: 'pid' | 'uid' | 'gid' | 'hostname' }
  | {
      readonly kind: 'hash';
      /** null: the name matched without regard to case, and is then not found (observed 2.3.19.1). */
      readonly digest: Digest | null;
      readonly pkcs5: boolean;
      readonly field: LongSource;
      readonly options: readonly Option23[];
    }
  | {
      readonly kind: 'crypt';
      readonly decrypt: boolean;
      readonly field: LongSource;
      readonly options: readonly Option23[];
    }
  | { readonly kind: 'if'; readonly parameters: readonly Compiled23[] | null; readonly count: number }
  | { readonly kind: 'provider'; readonly key: ByteString; readonly data: ByteString }
  | { readonly kind: 'too-deep' }
);

/** `key=value` of a function; the value as a template where Dovecot expands it. */
interface Option23 {
  readonly key: ByteString;
  readonly value: ByteString;
  readonly template: Compiled23 | null;
}

const FUNCTIONS: ReadonlySet<string> = new Set([...DIGEST_NAMES, 'pkcs5', 'if', 'encrypt', 'decrypt']);
const EXPANDED_OPTIONS: ReadonlySet<string> = new Set(['salt', 'iv', 'key']);
const EMPTY: Compiled23 = { parts: [] };

export function compile23(template: ByteString, depth = 0): Compiled23 {
  if (!template.includes('%')) return { parts: template === '' ? [] : [template] };
  const { parts } = parseVariables23(template);
  return {
    parts: parts.map((part) => {
      if (part.kind === 'text') return part.text;
      const { name, span, offset, width, zeroPadding, modifiers } = part;
      const format = { span, offset, width, zeroPadding, modifiers };
      if (name.kind === 'long')
        return { ...format, source: compileLong(name.text, depth), unclosed: !name.closed };
      const entry = SHORT_TABLE_23.get(name.text) ?? null;
      return { ...format, source: { kind: 'short', letter: name.text, entry }, unclosed: false };
    }),
  };
}

function compileLong(name: ByteString, depth: number): LongSource {
  const entry = LONG_TABLE_23.get(name);
  if (entry !== undefined) return { kind: 'table', name, entry };
  if (name === 'pid' || name === 'uid' || name === 'gid' || name === 'hostname')
    return { kind: 'system', name, field: name };
  const { key, data, func, options } = splitLongName(name);
  const lower = func.toLowerCase();
  if (!FUNCTIONS.has(lower)) return { kind: 'provider', name, key, data };
  if (depth >= MAX_NESTING) return { kind: 'too-deep', name };
  if (lower === 'if') return compileIf(name, depth);
  const field = compileLong(data, depth + 1);
  const parsed = options.flatMap((option) => compileOption(option, depth));
  if (lower === 'encrypt' || lower === 'decrypt')
    return { kind: 'crypt', name, decrypt: lower === 'decrypt', field, options: parsed };
  const pkcs5 = func === 'pkcs5';
  const digest = digestByName(pkcs5 ? 'sha256' : func);
  return { kind: 'hash', name, digest, pkcs5, field, options: parsed };
}

function compileIf(name: ByteString, depth: number): LongSource {
  const parameters = splitIfParameters(name);
  if (parameters === null) return { kind: 'if', name, parameters: null, count: 0 };
  const count = parameters.length;
  if (count !== 4 && count !== 5) return { kind: 'if', name, parameters: null, count };
  const compiled = parameters.map(({ text }) => compile23(text, depth + 1));
  return { kind: 'if', name, parameters: count === 4 ? [...compiled, EMPTY] : compiled, count };
}

function compileOption(option: ByteString, depth: number): Option23[] {
  const equals = option.indexOf('=');
  if (equals === -1) return [];
  const key = option.slice(0, equals);
  const value = option.slice(equals + 1);
  return [{ key, value, template: EXPANDED_OPTIONS.has(key) ? compile23(value, depth + 1) : null }];
}
