/**
 * The bytes that a token may begin with, for chevrotain's `start_chars_hint`: it does not see what classes such as
 * `[\s\S]` or hand-written patterns can match.
 */
export function bytesWhere(matches: (byte: string) => boolean): string[] {
  return Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(matches);
}

export const ANY_BYTE: string[] = bytesWhere(() => true);
