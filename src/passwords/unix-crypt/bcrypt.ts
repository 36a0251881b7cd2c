import { setImmediate } from 'node:timers/promises';
import type { ByteString } from '../../../grammar/bytes.js';
import { equalBytes } from '../equality.js';

/** `$2y$nn$` and 22 digits of salt. */
const PREFIX_LENGTH = 29;
const DIGITS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export type BcryptVerdict =
  | { readonly kind: 'checked'; readonly matches: boolean }
  | { readonly kind: 'invalid'; readonly reason: string };

/** 16 bytes of 22 digits. The last digit has four bits too many. */
function saltBytes(digits: string): Uint8Array {
  const bytes = new Uint8Array(16);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    bits = (bits << 6) | DIGITS.indexOf(digit);
    held += 6;
    if (held >= 8 && at < 16) {
      held -= 8;
      bytes[at++] = (bits >> held) & 0xff;
    }
    bits &= (1 << held) - 1;
  }
  return bytes;
}

/** Checks a bcrypt hash (Dovecot password-scheme-crypt.c crypt_verify_blowfish, crypt-blowfish.c). */
export async function verifyBcrypt(plaintext: ByteString, stored: ByteString): Promise<BcryptVerdict> {
  if (stored === '') return { kind: 'checked', matches: false };
  if (stored.length < PREFIX_LENGTH + 1 || !/^\$2[a-z]\$/.test(stored))
    return { kind: 'invalid', reason: 'Password is not blowfish password' };
  const parts = /^\$2[abxy]\$([0-3][0-9])\$([./A-Za-z0-9]{22})/.exec(stored);
  const cost = Number(parts?.[1]);
  const salt = parts?.[2];
  if (salt === undefined || cost < 4 || cost > 31)
    return { kind: 'invalid', reason: 'crypt_blowfish_rn failed: Invalid argument' };
  // The hash is compared as text: a salt whose last digit has surplus bits never matches.
  const lastDigit = DIGITS.charAt(DIGITS.indexOf(salt.charAt(21)) & 0x30);
  if (salt.charAt(21) !== lastDigit) return { kind: 'checked', matches: false };
  await setImmediate();
  const { hash } = await import('@node-rs/bcrypt');
  const password = Buffer.from(plaintext, 'latin1');
  const computed = await hash(password, cost, Buffer.from(saltBytes(salt)));
  return { kind: 'checked', matches: equalBytes(computed.slice(PREFIX_LENGTH), stored.slice(PREFIX_LENGTH)) };
}
