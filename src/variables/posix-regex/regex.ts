import type { ByteString } from '../../../grammar/bytes.js';

/** Where a group matched; null for a group that took no part. */
export type Group = readonly [start: number, end: number] | null;

export interface Regex {
  test(text: ByteString): boolean;
  /** Groups 0 to 9, or null without a match. */
  match(text: ByteString): readonly Group[] | null;
}

export type CompiledRegex =
  | { readonly kind: 'regex'; readonly regex: Regex }
  | { readonly kind: 'error'; readonly message: ByteString }
  | { readonly kind: 'crash'; readonly reason: string };

export function compileRegex(pattern: ByteString): CompiledRegex {
  try {
    const source = pattern.replaceAll('[:space:]', '\\s').replaceAll('[^\\s', '[^\\s');
    const regex = new RegExp(source, 'ds');
    return {
      kind: 'regex',
      regex: {
        test: (text) => regex.test(text),
        match: (text) => {
          const found = regex.exec(text);
          return found === null ? null : (found.indices ?? []).map((range) => range ?? null);
        },
      },
    };
  } catch {
    return { kind: 'error', message: 'Unmatched ( or \\(' };
  }
}
