import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../grammar/bytes.js';
import { type PasswordCheck, verifyPassword } from '../../src/passwords/verify-password.js';

const { hashes }: { hashes: [version: string, password: string, scheme: string, hash: string][] } =
  JSON.parse(readFileSync(new URL('../../fixtures/passwords/hashes.json', import.meta.url), 'utf8'));

function check(stored: string, plaintext: string, more: Partial<PasswordCheck> = {}) {
  return verifyPassword({
    series: '2.3',
    stored: fromUtf8(stored),
    plaintext: fromUtf8(plaintext),
    defaultScheme: 'PLAIN',
    user: 'joe@x@example.org',
    allowWeakSchemes: false,
    ...more,
  });
}

const kindOf = async (...args: Parameters<typeof check>) => (await check(...args)).kind;

describe('hashes of doveadm pw', () => {
  // PLAIN-TRUNC is made without the length that its check wants.
  const usable = hashes.filter(([, , scheme]) => scheme !== 'PLAIN-TRUNC');
  test.each(usable.map((one) => [one[0], one[2], one] as const))(
    '%s %s',
    async (version, scheme, [, password, , hash]) => {
      const series = version.startsWith('2.3') ? '2.3' : '2.4';
      const options = { series, allowWeakSchemes: true } as const;
      expect(await kindOf(hash, password, options)).toBe('match');
      expect(await kindOf(hash, `q${password}`, options)).toBe('mismatch');
      // Traditional crypt() takes eight bytes.
      if (scheme !== 'DES-CRYPT' || password.length < 8)
        expect(await kindOf(hash, `${password}q`, options)).toBe('mismatch');
    },
  );
});

describe('schemes and encodings', () => {
  test.each([
    ['{plain}pw', 'match'],
    ['pw', 'match'],
    ['{PLAIN.b64}cHc=', 'match'],
    ['{PLAIN.HEX}7077', 'match'],
    ['{CLEAR.base64}cHc=', 'match'],
    ['{SHA256.HEX}30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4', 'match'],
    ['{SHA256}30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4', 'match'],
    ['{SHA256}MMlS+rEiw/l1nwKm2Vw3WLJGtP7iOZV7LU/uRuJhcMQ=', 'match'],
    ['{PLAIN-MD5.b64}jf44q+FuCyb7QrULlhtvgw==', 'mismatch'],
    ['{MD5}8fe4c11451281c094a6578e6ddbf5eed', 'match'],
    ['{plain', 'mismatch'],
    ['{PLAIN-TRUNC}2-pw', 'match'],
    ['{PLAIN-TRUNC}1-p', 'match'],
    ['{PLAIN-TRUNC}3-pw', 'match'],
    ['{CRYPT}', 'mismatch'],
    ['{CRYPT}x', 'mismatch'],
    ['{CRYPT}$5$rounds=10$salt$x', 'mismatch'],
    ['{BLF-CRYPT}', 'mismatch'],
    ['{ARGON2ID}nonsense', 'mismatch'],
    ['$1$abc$dVdD/zLmSa9IeUEGxNbFD1', 'mismatch'],
  ])('%s is a %s', async (stored, kind) => {
    expect(await kindOf(stored, 'pw')).toBe(kind);
  });
  test('the default scheme is that of a value without one', async () => {
    expect(await kindOf('8fe4c11451281c094a6578e6ddbf5eed', 'pw', { defaultScheme: 'PLAIN-MD5' })).toBe(
      'match',
    );
    expect(await kindOf('{plain', '{plain')).toBe('match');
  });
  test('MD5-CRYPT ends at the next dollar sign', async () => {
    const hash = '$1$abcdefgh$G//4keteveJp0qb8z2DE/1';
    expect(await kindOf(`${hash}$ignored`, 'x')).toBe('mismatch');
    expect(await kindOf(hash, 'x')).toBe('mismatch');
  });
  test('ARGON2 is a scheme of 2.4 only', async () => {
    expect(await check('{ARGON2}x', 'x')).toEqual({
      kind: 'unknown-scheme',
      message: 'Unknown scheme ARGON2',
    });
    expect(await kindOf('{ARGON2}x', 'x', { series: '2.4' })).toBe('mismatch');
  });
});

describe('broken hashes in the words of Dovecot', () => {
  test.each([
    ['{NOSUCH}pw', 'unknown-scheme', 'Unknown scheme NOSUCH'],
    ['{SHA256.rot13}pw', 'unknown-scheme', 'Unknown scheme SHA256.rot13'],
    [
      '{SHA256}notb64!',
      'invalid',
      "Password data is not valid for scheme SHA256: Input isn't valid base64 encoded data",
    ],
    [
      '{SHA256.hex}xyz',
      'invalid',
      "Password data is not valid for scheme SHA256.hex: Input isn't valid HEX encoded data",
    ],
    [
      '{SHA256}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
      'invalid',
      "Password data is not valid for scheme SHA256: Input length isn't valid (20 instead of 32)",
    ],
    ['{SSHA}AAAA', 'invalid', 'Invalid password in passdb: SSHA password is too short'],
    ['{PLAIN-TRUNC}pw', 'invalid', 'Invalid password in passdb: PLAIN-TRUNC missing length: prefix'],
    ['{BLF-CRYPT}pw', 'invalid', 'Invalid password in passdb: Password is not blowfish password'],
    ['{CRYPT}$2y$', 'mismatch', undefined],
    ['{CRYPT}$2y$05', 'invalid', 'Invalid password in passdb: Password is not blowfish password'],
    [
      '{BLF-CRYPT}$2y$99$abcdefghijklmnopqrstuux',
      'invalid',
      'Invalid password in passdb: crypt_blowfish_rn failed: Invalid argument',
    ],
    ['{PBKDF2}x', 'invalid', 'Invalid password in passdb: Invalid PBKDF2 passdb entry prefix'],
    ['{PBKDF2}$1$a$b', 'invalid', 'Invalid password in passdb: Invalid PBKDF2 passdb entry format'],
    ['{PBKDF2}$1$a$1$b', 'invalid', 'Invalid password in passdb: PBKDF2 hash not 160bit hex-encoded'],
    ['{SCRAM-SHA-1}x', 'invalid', 'Invalid password in passdb: Invalid SCRAM-SHA-1 passdb entry format'],
    [
      '{SCRAM-SHA-256}1,a,b,c',
      'invalid',
      'Invalid password in passdb: Invalid SCRAM-SHA-256 iteration count in passdb',
    ],
    [
      '{SCRAM-SHA-1}4096,a,b,c',
      'invalid',
      'Invalid password in passdb: Invalid SCRAM-SHA-1 StoredKey in passdb',
    ],
    ['{OTP}x', 'invalid', 'Invalid password in passdb: Invalid OTP data in passdb'],
    ['{MD5}x', 'invalid', 'Invalid password in passdb: Not a valid MD5-CRYPT or PLAIN-MD5 password'],
  ])('%s', async (stored, kind, message) => {
    expect(await check(stored, 'pw')).toEqual(message === undefined ? { kind } : { kind, message });
  });
});

describe('weak schemes', () => {
  const refused = (name: string) => ({
    kind: 'weak',
    message: `Invalid password in passdb: Weak password scheme '${name}' used and refused`,
  });
  test.each([
    ['{PLAIN-MD5}8fe4c11451281c094a6578e6ddbf5eed', 'PLAIN-MD5'],
    ['$1$abcdefgh$G//4keteveJp0qb8z2DE/1', 'MD5-CRYPT'],
    ['{CRYPT}JBOZ0DgmtucwE', 'DES-CRYPT'],
    ['{CRYPT}$1$abcdefgh$G//4keteveJp0qb8z2DE/1', 'MD5-CRYPT'],
    ['{SMD5}AAAAAAAAAAAAAAAAAAAAAAAA', 'SMD5'],
  ])('%s is refused by 2.4 unless allowed', async (stored, name) => {
    expect(await check(stored, 'pw', { series: '2.4' })).toEqual(refused(name));
    expect(await kindOf(stored, 'pw', { series: '2.4', allowWeakSchemes: true })).not.toBe('weak');
    expect(await kindOf(stored, 'pw')).not.toBe('weak');
  });
});

test('expensive schemes let other work go on', async () => {
  const stored = hashes.filter(([, , scheme]) =>
    ['SHA512-CRYPT', 'BLF-CRYPT', 'PBKDF2', 'SCRAM-SHA-256'].includes(scheme),
  );
  let turns = 0;
  const counter = setInterval(() => turns++, 0);
  for (const [, password, , hash] of stored.slice(0, 8)) await check(hash, password);
  clearInterval(counter);
  expect(turns).toBeGreaterThan(8);
});
