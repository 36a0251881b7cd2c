import { expect, test } from 'vitest';
import { requestedCredentials } from '../../src/passwords/credentials.js';
import { sameScheme, schemesOf } from '../../src/passwords/schemes.js';
import { verifyPassword } from '../../src/passwords/verify-password.js';

function ask(stored: string, wanted: string) {
  return requestedCredentials({
    series: '2.4',
    stored,
    defaultScheme: 'PLAIN',
    wanted,
    user: 'joe@example.org',
    randomBytes: (count) => new Uint8Array(count).fill(7),
  });
}

test('a plain password is converted to what a mechanism wants', async () => {
  for (const wanted of ['CRAM-MD5', 'DIGEST-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256']) {
    const credentials = await ask('{CLEARTEXT}pw', wanted);
    const raw = credentials.kind === 'credentials' ? credentials.raw : '';
    const hex = wanted.startsWith('SCRAM') ? raw : Buffer.from(raw, 'latin1').toString('hex');
    const check = {
      series: '2.4',
      defaultScheme: 'PLAIN',
      user: 'joe@example.org',
      allowWeakSchemes: false,
    } as const;
    expect(await verifyPassword({ ...check, stored: `{${wanted}}${hex}`, plaintext: 'pw' })).toEqual({
      kind: 'match',
    });
  }
});

test('a hash is handed out for its own scheme or for any, and refused for another', async () => {
  const stored = '{PLAIN-MD5}8fe4c11451281c094a6578e6ddbf5eed';
  expect(await ask(stored, '')).toMatchObject({ kind: 'credentials', scheme: 'PLAIN-MD5' });
  expect(await ask(stored, 'LDAP-MD5')).toMatchObject({ kind: 'credentials' });
  expect(await ask(stored, 'CRAM-MD5')).toMatchObject({
    kind: 'unavailable',
    level: 'info',
    message: 'Requested CRAM-MD5 scheme, but we have only PLAIN-MD5',
  });
  expect(await ask('{NOSUCH}x', 'CRAM-MD5')).toMatchObject({
    level: 'error',
    message: 'Unknown scheme NOSUCH',
  });
});

test('schemes with the same generator are one', () => {
  expect(sameScheme('plain', 'CLEARTEXT.b64')).toBe(true);
  expect(sameScheme('CRYPT', 'BLF-CRYPT')).toBe(true);
  expect(sameScheme('SHA256', 'SSHA256')).toBe(false);
  expect(sameScheme('', 'PLAIN')).toBe(false);
});

test('the schemes are those of doveadm pw -l', () => {
  const of23 =
    'SHA1 SSHA512 SCRAM-SHA-256 BLF-CRYPT PLAIN HMAC-MD5 OTP SHA512 SHA DES-CRYPT CRYPT SSHA MD5-CRYPT PLAIN-MD4 PLAIN-MD5 SCRAM-SHA-1 SHA512-CRYPT CLEAR CLEARTEXT ARGON2I ARGON2ID SSHA256 MD5 PBKDF2 SHA256 CRAM-MD5 PLAIN-TRUNC SHA256-CRYPT SMD5 DIGEST-MD5 LDAP-MD5';
  const names = (series: '2.3' | '2.4') =>
    schemesOf(series)
      .map(({ name }) => name)
      .sort();
  expect(names('2.3')).toEqual(of23.split(' ').sort());
  expect(names('2.4')).toEqual([...of23.split(' '), 'ARGON2'].sort());
});
