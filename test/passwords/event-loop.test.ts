import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { verifyPassword } from '../../src/passwords/verify-password.js';

/** Hashes that take long on purpose; the password is `wrong` for all of them. */
const SLOW = [
  ['SHA512-CRYPT', `{SHA512-CRYPT}$6$rounds=100000$saltsalt$${'a'.repeat(86)}`],
  ['SHA256-CRYPT', `{SHA256-CRYPT}$5$rounds=100000$saltsalt$${'a'.repeat(43)}`],
  ['MD5-CRYPT', '{MD5-CRYPT}$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/'],
  ['BLF-CRYPT', '{BLF-CRYPT}$2y$09$abcdefghijklmnopqrstuuJQZ0xFqYPcJHLyQcPG6Dg6d1mYrTzGm'],
  ['ARGON2ID', `{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0$${'A'.repeat(43)}`],
  ['PBKDF2', '{PBKDF2}$1$saltsaltsaltsalt$200000$0123456789012345678901234567890123456789'],
  ['SCRAM-SHA-256', `{SCRAM-SHA-256}100000,c2FsdHNhbHQ=,${'A'.repeat(43)}=,${'A'.repeat(43)}=`],
] as const;

describe('while a password is checked', () => {
  test.each(SLOW)('others get their turn: %s', async (_scheme, stored) => {
    const checking = verifyPassword({
      series: '2.3',
      stored,
      defaultScheme: 'PLAIN',
      plaintext: 'wrong',
      user: 'bob',
      allowWeakSchemes: true,
    });
    let turns = 0;
    let isOver = false;
    const over = Promise.resolve(checking).then((verdict) => {
      isOver = true;
      return verdict;
    });
    for (; !isOver; turns += 1) await setImmediate();
    expect((await over).kind).toBe('mismatch');
    // A check that blocks has one turn, whatever it costs.
    expect(turns).toBeGreaterThan(1);
    if (stored.includes('rounds=100000')) expect(turns).toBeGreaterThan(900);
  });
});
