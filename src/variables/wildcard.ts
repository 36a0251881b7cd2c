import type { ByteString } from '../../grammar/bytes.js';

/** `*` any bytes, `?` one byte, case-sensitive (Dovecot wildcard-match.c). Linear but for the last `*`'s retries. */
export function wildcardMatch(data: ByteString, mask: ByteString): boolean {
  let at = 0;
  let maskAt = 0;
  let starAt = -1;
  let retryAt = 0;
  while (at < data.length) {
    const expected = mask.charAt(maskAt);
    if (expected === '*') {
      starAt = maskAt++;
      retryAt = at;
    } else if (maskAt < mask.length && (expected === '?' || expected === data.charAt(at))) {
      at++;
      maskAt++;
    } else if (starAt !== -1) {
      maskAt = starAt + 1;
      at = ++retryAt;
    } else return false;
  }
  while (mask.charAt(maskAt) === '*') maskAt++;
  return maskAt === mask.length;
}
