import { describe, expect, test } from 'vitest';
import {
  isPenaltyOff,
  MemoryPenalties,
  penaltyAddress,
  penaltyChecksum,
  penaltySeconds,
  SharedPenalties,
} from '../../src/serve/auth-penalty.js';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();

/** Penalty of 192.0.2.1 while logins fail and time goes by. */
function book() {
  let now = 1_000_000;
  const penalties = new MemoryPenalties(() => now);
  return {
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
    /** A login with this password fails. */
    fail: async (password: string) => {
      const before = await penalties.penalty('192.0.2.1');
      penalties.penalize('192.0.2.1', penaltyChecksum({ password }, 'joe'), before + 1);
    },
    penalties,
    now: () => penalties.penalty('192.0.2.1'),
  };
}

describe('the penalty of an address whose logins fail', () => {
  test('is waited for 4, 8 and at most 15 seconds', () => {
    expect([1, 2, 3, 4].map(penaltySeconds)).toEqual([4, 8, 15, 15]);
  });

  test('grows with each other password, not with the same again', async () => {
    const { fail, now } = book();
    const seen: number[] = [];
    for (const password of ['a', 'a', 'b', 'c', 'a', 'd', 'e', 'f']) {
      await fail(password);
      seen.push(await now());
    }
    // observed 2.3.19.1 and 2.4.1: waits of 0, 4, 4, 8, 15 seconds before a, a, b, c and the next.
    expect(seen).toEqual([1, 1, 2, 3, 3, 4, 4, 4]);
  });

  test('grows each time where no password is known', async () => {
    const { penalties, now } = book();
    for (const penalty of [1, 2, 3]) penalties.penalize('192.0.2.1', 0, penalty);
    expect(await now()).toBe(3);
  });

  test('sinks as time goes by and is forgotten', async () => {
    const { fail, wait, now } = book();
    for (const password of ['a', 'b', 'c']) await fail(password);
    wait(14);
    expect(await now()).toBe(3);
    // All steps are due at once. Dovecot auth-penalty.c auth_penalty_anvil_callback
    wait(1);
    expect(await now()).toBe(0);
    await fail('d');
    wait(29);
    expect(await now()).toBe(0);
  });

  test('ends with a login that is right', async () => {
    const { fail, penalties, now } = book();
    await fail('a');
    penalties.forgive('192.0.2.1');
    expect(await now()).toBe(0);
    await fail('a');
    expect(await now()).toBe(0);
  });

  test('belongs to the first 48 bits of an IPv6 address', () => {
    expect(penaltyAddress('2001:db8:1:2::3')).toBe(penaltyAddress('2001:db8:1:ffff::9'));
    expect(penaltyAddress('2001:db8:1::')).not.toBe(penaltyAddress('2001:db8:2::'));
    expect(penaltyAddress('192.0.2.1')).not.toBe(penaltyAddress('192.0.2.2'));
  });

  test('is told to other processes', async () => {
    const there = new SharedPenalties(new MemoryPenalties(() => 0), () => undefined);
    const here = new SharedPenalties(new MemoryPenalties(() => 0), (...told) => there.heard(...told));
    here.penalize('192.0.2.1', 0, 2);
    expect(await there.penalty('192.0.2.1')).toBe(2);
    here.forgive('192.0.2.1');
    expect(await there.penalty('192.0.2.1')).toBe(0);
  });

  test.each([
    [null, true],
    ['0', true],
    ['00', true],
    ['0600', false],
  ] as const)('needs the socket of anvil (mode %s: off is %s)', (mode, off) => {
    expect(isPenaltyOff({ unixListenerMode: () => mode })).toBe(off);
  });
});

describe('failures that wait', () => {
  test('a login of an address that failed waits for its penalty, others do not', async () => {
    const users = [joe(1), 'ann:secret:::::: nologin'];
    const proxy = await cases.proxy(
      users,
      'service anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0600\n  }\n}\n',
    );
    const first = await cases.client(proxy);
    expect(await first.command('a', 'LOGIN ann wrong')).toContain('a NO [AUTHENTICATIONFAILED]');
    const second = await cases.client(proxy);
    second.send('a LOGIN ann secret\r\nb NOOP\r\n');
    // Two more come and go while it waits.
    for (let more = 0; more < 2; more++) {
      const client = await cases.client(proxy);
      expect(await client.command('c', 'NOOP')).toBe('c OK NOOP completed.\r\n');
    }
    expect(await second.until(/b OK [^\n]*\n/)).toBe(
      'a NO [CONTACTADMIN] Login disabled for this user\r\nb OK NOOP completed.\r\n',
    );
  });

  test('a client that waits is told when the proxy stops', async () => {
    const proxy = await cases.proxy([joe(1)], 'auth_failure_delay = 1 hour\n');
    const client = await cases.client(proxy);
    client.send('a LOGIN joe wrong\r\n');
    while (!proxy.log.some((line) => line.includes('Password mismatch')))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await proxy.server.stop(60_000);
    expect(await client.end()).toBe('* BYE Shutting down\r\n');
  });
});
