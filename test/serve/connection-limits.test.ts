import { describe, expect, test } from 'vitest';
import type { ServiceSettings } from '../../src/config/effective.js';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { connectionLimit } from '../../src/serve/connection-limits.js';
import { joe, setUpCases } from './cases.js';
import type { ScriptedClient } from './scripted-client.js';

const cases = setUpCases();

function limit(version: DovecotVersion, clientLimit: number, processLimit: number, serviceCount: number) {
  const service = {
    name: 'imap-login',
    protocol: 'imap',
    clientLimit,
    processLimit,
    processMinAvail: 0,
    serviceCount,
    vszLimit: 0,
    at: null,
  } satisfies ServiceSettings;
  return connectionLimit({ version, service: () => service }, 'imap');
}

describe('connections at once', () => {
  test.each([
    ['2.3.19.1', 1000, 2, 1, 2, 'process_limit (2)'],
    ['2.3.19.1', 1000, 1, 1, 1, 'client_limit/service_count (1)'],
    ['2.4.1', 1000, 1, 1, 1, 'client_limit/restart_request_count (1)'],
    ['2.4.1', 6000, 2, Number.POSITIVE_INFINITY, 12_000, 'process_limit (2)'],
    ['2.3.19.1', 2, 1, Number.POSITIVE_INFINITY, 2, 'client_limit (2)'],
  ] as const)(
    '%s with client_limit %i, process_limit %i, count %i',
    (version, clients, processes, count, expected, what) => {
      expect(limit(version, clients, processes, count)).toEqual({
        connections: expected,
        warning: `service(imap-login): ${what} reached, client connections are being dropped`,
      });
    },
  );

  test('are as many as come where nothing is written', () => {
    expect(limit('2.3.19.1', 1000, 100, 1).connections).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a proxy with all the connections that it may have', () => {
  const TWO = (service: string) =>
    `service ${service} {\n  service_count = 0\n  client_limit = 2\n  process_limit = 1\n}\n`;

  test.each([
    ['imap', 'imap-login', /^\* OK [^\n]*\n/, '* BYE Connection queue full\r\n'],
    ['pop3', 'pop3-login', /^\+OK [^\n]*\n/, '-ERR Connection queue full\r\n'],
    ['submission', 'submission-login', /^220 [^\n]*\n/, '421 4.0.0 proxy Connection queue full\r\n'],
    ['sieve', 'managesieve-login', /OK "[^\n]*\n/, 'BYE "Connection queue full"\r\n'],
  ] as const)(
    '%s: sends the oldest away that has not logged in',
    async (listener, service, greeting, words) => {
      const proxy = await cases.proxy([joe(1)], TWO(service));
      const clients: ScriptedClient[] = [];
      for (let index = 0; index < 4; index++) {
        const client = await cases.connect(proxy, listener);
        await client.until(greeting);
        clients.push(client);
      }
      expect(await clients[0]?.end()).toBe(words);
      expect(await clients[1]?.end()).toBe(words);
      expect(proxy.log.join('\n')).toContain(
        `master: Warning: service(${service}): client_limit (2) reached, client connections are being dropped`,
      );
      expect(proxy.log.filter((line) => line.includes('Disconnected: Connection queue full'))).toHaveLength(
        2,
      );
      expect(clients[2]?.ended).toBe(false);
      expect(clients[3]?.ended).toBe(false);
    },
  );

  test('lets those wait that come when all have logged in, until one goes', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)], TWO('imap-login'));
    const first = await cases.client(proxy);
    const second = await cases.client(proxy);
    for (const client of [first, second])
      expect(await client.command('a', 'LOGIN joe secret')).toContain('a OK');
    const third = await cases.connect(proxy, 'imap');
    third.send('a CAPABILITY\r\n');
    expect(await first.command('b', 'NOOP')).toContain('b OK');
    expect(proxy.server.sessionCount).toBe(2);
    first.close();
    expect(await third.until(/a OK [^\n]*\n/)).toMatch(/^\* OK \[CAPABILITY/);
    expect(await second.command('b', 'NOOP')).toContain('b OK');
  });

  test('lets LMTP clients wait too: a message may be on its way', async () => {
    const proxy = await cases.proxy([joe(1)], TWO('lmtp').replace('service_count = 0\n  ', ''));
    const first = await cases.connect(proxy, 'lmtp');
    const second = await cases.connect(proxy, 'lmtp');
    for (const client of [first, second]) await client.until(/220 [^\n]*\n/);
    const third = await cases.connect(proxy, 'lmtp');
    first.send('QUIT\r\n');
    await first.end();
    await third.until(/220 [^\n]*\n/);
    expect(second.ended).toBe(false);
  });
});
