import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { AuthCache } from '../../src/auth/cache.js';
import { openChain } from '../../src/auth/chain.js';
import type { LookupOutcome } from '../../src/auth/driver.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import { folderWith } from '../simulate/command-line.js';
import { requestOfCase, SYSTEM } from './case-chain.js';

const removing: (() => void)[] = [];
afterEach(() => {
  for (const remove of removing.splice(0)) remove();
});

const MINUTE = 60_000;

/** A chain of one passdb whose answers are handed in, with a cache and a clock. */
async function cachedChain(template = "SELECT '%u'", size = 100_000) {
  const folder = folderWith({ 'dovecot.conf': 'passdb p {\n  driver = sql\n  args = /x\n}\n' });
  removing.push(() => folder.remove());
  const config = loadConfig({ path: join(folder.path, 'dovecot.conf'), host: nodeConfigHost() });
  const clock = { now: 1_000_000_000 };
  const asked: string[] = [];
  const database = { answer: row('{PLAIN}pw') as LookupOutcome };
  const cache = new AuthCache({ size, ttlMs: 60 * MINUTE, negativeTtlMs: 5 * MINUTE, now: () => clock.now });
  const chain = await openChain({
    settings: config.effective.auth({ protocol: 'imap' }),
    open: async () => ({
      name: 'sql',
      canLookupCredentials: true,
      cacheKeyTemplates: [template],
      lookup: async ({ user }) => {
        asked.push(user);
        return database.answer;
      },
      close: async () => undefined,
    }),
    system: { ...SYSTEM, now: () => clock.now },
    resolve: async () => ({ kind: 'failed', message: '' }),
    cache,
  });
  const ask = async (user: string, password = 'pw', service = 'imap') => {
    asked.length = 0;
    const answer = await authenticate(requestOfCase({ user, password, service }), chain);
    const fields = answer.fields.map(({ name, value }) => `${name}=${value}`);
    return { result: answer.result, fields, asked: asked.length };
  };
  return { ask, cache, clock, database };
}

function row(password: string, host = '192.0.2.1'): LookupOutcome {
  return {
    kind: 'found',
    fields: [
      ['password', password],
      ['host', host],
    ],
    defaultScheme: 'PLAIN',
  };
}

describe('the auth cache', () => {
  test('answers the second login with the fields of the first', async () => {
    const { ask, database } = await cachedChain();
    expect(await ask('bob')).toEqual({ result: 'ok', fields: ['host=192.0.2.1'], asked: 1 });
    database.answer = row('{PLAIN}new', '192.0.2.2');
    expect(await ask('bob')).toEqual({ result: 'ok', fields: ['host=192.0.2.1'], asked: 0 });
  });

  test('asks again when the password does not fit and the last login was good', async () => {
    const { ask, database } = await cachedChain();
    await ask('bob');
    database.answer = row('{PLAIN}new', '192.0.2.2');
    expect(await ask('bob', 'new')).toEqual({ result: 'ok', fields: ['host=192.0.2.2'], asked: 1 });
    expect(await ask('bob', 'pw')).toMatchObject({ result: 'fail', asked: 1 });
  });

  test('refuses a second wrong password by itself', async () => {
    const { ask } = await cachedChain();
    await ask('bob');
    expect(await ask('bob', 'wrong')).toMatchObject({ result: 'fail', asked: 1 });
    expect(await ask('bob', 'wrong')).toMatchObject({ result: 'fail', asked: 0 });
  });

  test('remembers unknown users for the negative time only', async () => {
    const { ask, clock, database } = await cachedChain();
    database.answer = { kind: 'unknown' };
    expect(await ask('bob')).toMatchObject({ result: 'fail', asked: 1 });
    expect(await ask('bob')).toMatchObject({ result: 'fail', asked: 0 });
    database.answer = row('{PLAIN}pw');
    clock.now += 6 * MINUTE;
    expect(await ask('bob')).toMatchObject({ result: 'ok', asked: 1 });
  });

  test('forgets after its time, but falls back to what is expired when the database fails', async () => {
    const { ask, clock, database } = await cachedChain();
    await ask('bob');
    clock.now += 61 * MINUTE;
    database.answer = { kind: 'internal' };
    expect(await ask('bob')).toEqual({ result: 'ok', fields: ['host=192.0.2.1'], asked: 1 });
    expect(await ask('ann')).toMatchObject({ result: 'tempfail', asked: 1 });
  });

  test('parts what the query depends on, and nothing else', async () => {
    const plain = await cachedChain();
    await plain.ask('bob');
    expect(await plain.ask('bob', 'pw', 'pop3')).toMatchObject({ asked: 0 });
    const byService = await cachedChain("SELECT '%u', '%s'");
    await byService.ask('bob');
    expect(await byService.ask('bob', 'pw', 'pop3')).toMatchObject({ asked: 1 });
  });

  test('drops the least recently used first', async () => {
    const { ask, cache } = await cachedChain(undefined, 250);
    await ask('bob');
    await ask('ann');
    await ask('bob');
    await ask('carl');
    await ask('dan');
    expect(cache.statistics().size).toBeLessThanOrEqual(250);
    expect(await ask('dan')).toMatchObject({ asked: 0 });
    expect(await ask('ann')).toMatchObject({ asked: 1 });
  });

  test('is flushed whole or by user, and counts', async () => {
    const { ask, cache } = await cachedChain();
    for (const user of ['bob', 'ann', 'carl']) await ask(user);
    expect(cache.flush(['bob', 'nobody'])).toBe(1);
    expect(await ask('bob')).toMatchObject({ asked: 1 });
    expect(cache.statistics()).toMatchObject({ hits: 0, misses: 4, entries: 3, negativeEntries: 0 });
    expect(cache.flush()).toBe(3);
  });
});
