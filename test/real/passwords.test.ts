import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../grammar/bytes.js';
import { verifyPassword } from '../../src/passwords/verify-password.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';

const USER = 'joe@x@example.org';

function doveadm(series: '2.3' | '2.4', args: readonly string[]): { status: number | null; stdout: string } {
  const command = series === '2.3' ? ['doveadm', ...args] : ['chroot', DOVECOT_24_ROOT, 'doveadm', ...args];
  const [program = '', ...rest] = command;
  const { status, stdout } = spawnSync(program, rest, { encoding: 'utf8' });
  return { status, stdout };
}

/** Whether that series is the one installed at its place. */
const available = {
  '2.3': spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('2.3') === true,
  '2.4': existsSync(`${DOVECOT_24_ROOT}/usr/bin/doveadm`),
};

const PASSWORDS = ['secret', 'pä ss\'"x\\%u', '0123456789abcdef0123456789abcdef', 'x'.repeat(80)];

describe.each(['2.3', '2.4'] as const)('doveadm pw of %s', (series) => {
  if (!available[series]) {
    const reason = `Dovecot ${series} is not installed: its passwords are not tried`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    test('is not installed', ({ skip }) => skip(reason));
    return;
  }
  const schemes = doveadm(series, ['pw', '-l']).stdout.trim().split(/\s+/);

  test.each(schemes)('a hash of %s is verified, a wrong password refused', async (scheme) => {
    for (const password of PASSWORDS) {
      const { status, stdout } = doveadm(series, ['pw', '-s', scheme, '-p', password, '-u', USER]);
      expect(status).toBe(0);
      const check = {
        series,
        stored: fromUtf8(stdout.trimEnd()),
        defaultScheme: 'PLAIN',
        user: USER,
        allowWeakSchemes: true,
      };
      const right = await verifyPassword({ ...check, plaintext: fromUtf8(password) });
      const wrong = await verifyPassword({ ...check, plaintext: fromUtf8(`q${password}`) });
      // doveadm makes PLAIN-TRUNC without the length that its check wants.
      const expected = scheme === 'PLAIN-TRUNC' ? ['invalid', 'invalid'] : ['match', 'mismatch'];
      expect([right.kind, wrong.kind]).toEqual(expected);
    }
  });

  test.each([
    [
      '{CRYPT}$6$rounds=1000$0123456789abcdef$ZIAd5WqfyLkpvsVCVUU1GrvqaZTqvhJoouxdSqJO71l9Ld3tVrfOatEjarhghvEYADkq//LpDnTeO90tcbtHR1',
      '08/15!test~4711',
    ],
    ['{CRYPT}$5$rounds=999$0123456789abcdef$x', 'x'],
    ['{SHA256.hex}9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0', 'aaa'],
    ['{PLAIN-TRUNC}3-sec', 'secret'],
    ['{MD5}$1$abcdefgh$G//4keteveJp0qb8z2DE/1', 'password'],
    ['{DES-CRYPT}JBOZ0DgmtucwE', '08/15!test~4711'],
    ['{PBKDF2}$1$salt$0$0000000000000000000000000000000000000000', 'anything'],
    ['{OTP}md5 5 ke1234 0000000000000000', 'x'],
    ['{BLF-CRYPT}$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3f', 'x'],
  ])('doveadm pw -t %s agrees', async (stored, password) => {
    const config = series === '2.4' ? ['-o', 'auth_allow_weak_schemes=yes'] : [];
    const { status } = doveadm(series, [...config, 'pw', '-t', stored, '-p', password]);
    const verdict = await verifyPassword({
      series,
      stored,
      plaintext: password,
      defaultScheme: 'PLAIN',
      user: '',
      allowWeakSchemes: true,
    });
    expect(verdict.kind === 'match').toBe(status === 0);
  });
});
