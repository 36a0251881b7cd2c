import { describe, expect, test } from 'vitest';
import type { LookupContext } from '../../src/auth/driver.js';
import type { PassdbBlock } from '../../src/config/effective.js';
import { type AskSystem, askSystem, openPasswd } from '../../src/databases/passwd.js';

const block = (args: string) =>
  ({ args: { text: args, origin: null }, useWorker: true }) as unknown as PassdbBlock;
const context = (user: string) => ({ user }) as unknown as LookupContext;

const USERS: Readonly<Record<string, readonly string[]>> = {
  ann: ['ann', '$6$x$y', '1000'],
  locked: ['locked', '!x', '1001'],
  star: ['star', '*', '1002'],
  empty: ['empty', '', '1003'],
};
const ask: AskSystem = async (_, name) => {
  if (name === 'ill') throw new Error('Input/output error');
  return USERS[name] ?? null;
};

describe('a passwd passdb', () => {
  test('gives the password of the system to be compared as CRYPT', async () => {
    const driver = await openPasswd('passwd', block(''), '2.3', ask);
    expect(driver.blocking).toBe(true);
    expect(await driver.lookup(context('ann'))).toMatchObject({
      kind: 'found',
      compares: '$6$x$y',
      defaultScheme: 'CRYPT',
    });
    expect(await driver.lookup(context('nobody'))).toMatchObject({ kind: 'unknown' });
  });

  test.each(['locked', 'star', 'empty'])('refuses a user whose password field is none: %s', async (user) => {
    const driver = await openPasswd('passwd', block('blocking=no'), '2.3', ask);
    expect(driver.blocking).toBe(false);
    const outcome = await driver.lookup(context(user));
    expect(outcome.kind).toBe('disabled');
    expect(outcome.log?.at(-1)?.text).toBe(`invalid password field '${USERS[user]?.[1]}'`);
  });

  test('is a temporary failure where the system cannot be asked', async () => {
    const driver = await openPasswd('shadow', block(''), '2.3', ask);
    const outcome = await driver.lookup(context('ill'));
    expect(outcome).toMatchObject({ kind: 'internal' });
    expect(outcome.log?.at(-1)?.text).toBe('getspnam() failed: Input/output error');
  });

  test('does not start with an argument that is none', async () => {
    await expect(openPasswd('passwd', block('x=y'), '2.3', ask)).rejects.toThrow(
      'passdb passwd: Unknown setting: x=y',
    );
  });

  test.each(['', '0', 'a:b', 'a\nroot', 'a\0', '-x', '--help', 'nosuchuser'])(
    'never finds somebody else by a name (%#)',
    async (name) => {
      expect(await askSystem('passwd', name)).toBe(null);
    },
  );
});
