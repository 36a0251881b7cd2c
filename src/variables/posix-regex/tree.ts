/** Syntax tree of a POSIX extended regular expression. */
export type RegexNode =
  | { readonly kind: 'empty' }
  /** One byte out of a set: 256 flags. */
  | { readonly kind: 'set'; readonly bytes: Uint8Array }
  | { readonly kind: 'anchor'; readonly at: Anchor }
  | { readonly kind: 'back-reference'; readonly group: number }
  | { readonly kind: 'group'; readonly group: number; readonly body: RegexNode }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly branches: readonly RegexNode[] }
  /** `max` null: without end. */
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number | null };

export type Anchor = 'start' | 'end' | 'word-start' | 'word-end' | 'word-edge' | 'inside-word';

/** What regcomp() refuses, in glibc's words. */
export class RegexError extends Error {}

/** What would take more memory or time than is sensible. */
export class RegexTooLarge extends Error {}

export function byteSet(contains: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (contains(code) ? 1 : 0));
}

export function isWordByte(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f
  );
}
