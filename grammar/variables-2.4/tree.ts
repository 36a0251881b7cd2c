import type { ByteString } from '../bytes.js';
import type { Span } from '../source.js';

/** A 2.4 template (Dovecot 2.4.1 var-expand-parser.y). */
export interface Template24 {
  readonly parts: readonly Part24[];
  /** Bison's text; the template is unusable then, and `parts` is empty. */
  readonly error: { readonly message: ByteString; readonly span: Span } | null;
  /** An empty `%{}` in the middle, with more behind it: Dovecot 2.4.1 dies while it parses (observed 2.4.1-4). */
  readonly fatal: Span | null;
  /** Bytes inside `%{}` that Dovecot skips without a word. */
  readonly ignored: readonly Span[];
  /** Texts of exactly `y`, which 2.4.1 drops. */
  readonly lost: readonly Span[];
}

export type Part24 = { readonly kind: 'text'; readonly text: ByteString } | Program24;

/** One `%{...}`: steps joined by `|`. */
export interface Program24 {
  readonly kind: 'program';
  readonly span: Span;
  readonly steps: readonly Step24[];
}

export interface Step24 {
  readonly name: ByteString;
  /** With its arguments. */
  readonly span: Span;
  readonly nameSpan: Span;
  /** In the order in which Dovecot goes through them: by position, then named ones by key. */
  readonly parameters: readonly Parameter24[];
}

export type Parameter24 = {
  /** Lower case; null for a positional parameter. */
  readonly key: ByteString | null;
  /** Position from 0; -1 for a named one. */
  readonly index: number;
  readonly span: Span;
} & Value24;

export type Value24 =
  | { readonly kind: 'string'; readonly text: ByteString }
  | { readonly kind: 'number'; readonly number: bigint }
  | { readonly kind: 'variable'; readonly name: ByteString };
