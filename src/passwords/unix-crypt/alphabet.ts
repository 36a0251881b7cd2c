/** Digits of crypt(3), lowest value first. */
export const CRYPT_DIGITS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number in `count` digits of 6 bits, lowest first. */
function cryptDigits(value: number, count: number): string {
  let text = '';
  for (let rest = value; text.length < count; rest >>>= 6) text += CRYPT_DIGITS.charAt(rest & 0x3f);
  return text;
}

/** Bytes in groups of three, in the order given (`-1`: none). */
export function shuffled(bytes: Uint8Array, order: readonly (readonly number[])[]): string {
  return order
    .map((group) => {
      const value = group.reduce((sum, index) => (sum << 8) | (bytes[index] ?? 0), 0);
      return cryptDigits(value, group.length === 3 ? 4 : group.length + 1);
    })
    .join('');
}
