import type { ByteString } from '../bytes.js';
import type { Span } from '../source.js';

/** A 2.3 template: text with `%` variables (Dovecot 2.3.19.1 var-expand.c). */
export interface Template23 {
  readonly parts: readonly Part23[];
  /** The text ends inside a specification (`a%`, `%5.`): Dovecot drops what was begun, without an error. */
  readonly cutShort: Span | null;
}

export type Part23 = TextPart23 | Variable23;

interface TextPart23 {
  readonly kind: 'text';
  readonly text: ByteString;
}

/** `%[offset.]width modifiers name`. */
interface Variable23 {
  readonly kind: 'variable';
  readonly span: Span;
  /** Negative: from the end. */
  readonly offset: number;
  /** 0: all; negative: leave that many bytes off at the end. */
  readonly width: number;
  readonly zeroPadding: boolean;
  /** At most ten letters of LUEXRHNMDT, in order. */
  readonly modifiers: string;
  readonly name: Name23;
}

export type Name23 =
  /** One byte; `%` for `%%`. */
  | { readonly kind: 'short'; readonly text: ByteString; readonly span: Span }
  /** What stands between the braces; `closed` is false where the braces do not balance. */
  | { readonly kind: 'long'; readonly text: ByteString; readonly span: Span; readonly closed: boolean };
