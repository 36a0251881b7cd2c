import { TLSSocket } from 'node:tls';
import { expect, test, vi } from 'vitest';
import { joe, setUpCases } from './cases.js';

// A Node that hands out no handles.
vi.mock('../../src/serve/node-handles.js', async (original) => ({
  ...(await original<object>()),
  hasHandles: false,
  acceptHandles: () => false,
}));

const cases = setUpCases();

/** tcpmux, which nobody runs. */
const NOBODYS_PORT = 1;

test('without handles sockets do the same: a login, its relay and its end', async () => {
  const backend = await cases.backend();
  const proxy = await cases.proxy([joe(backend.port)]);
  const client = await cases.client(proxy);
  expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
  expect(await client.command('b', 'NOOP')).toMatch(/^b OK /);
  client.close();
  await proxy.idle();
  expect(proxy.log.join('\n')).toMatch(/Disconnected by client/);
});

test('without handles a backend that refuses is told as ever', async () => {
  const proxy = await cases.proxy([joe(NOBODYS_PORT)]);
  const client = await cases.client(proxy);
  expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a NO \[UNAVAILABLE\]/);
  expect(proxy.log.join('\n')).toMatch(/Connection refused \(after \d+ secs, local=127\.0\.0\.1:\d+\)/);
});

test('without handles TLS of clients and backends is that of sockets', async () => {
  const backend = await cases.backend({ tls: 'starttls' });
  const proxy = await cases.proxy([joe(backend.port, 'starttls=any-cert')]);
  for (const client of [await cases.tlsClient(proxy), await cases.client(proxy)]) {
    if (client.socket instanceof TLSSocket === false) {
      expect(await client.command('s', 'STARTTLS')).toMatch(/^s OK /);
      await client.startTls();
    }
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
    expect(await client.command('b', 'NOOP')).toMatch(/^b OK /);
    client.close();
  }
  await proxy.idle();
  expect(proxy.log.join('\n')).toMatch(/TLS, session=</);
});

test('without handles a handshake that fails is told as ever', async () => {
  const proxy = await cases.proxy([joe(NOBODYS_PORT)]);
  const client = await cases.connect(proxy, 'imaps');
  client.send('1 LOGIN joe secret\r\n');
  await client.end();
  await proxy.idle();
  expect(proxy.log.join('\n')).toMatch(
    /TLS handshaking: SSL_accept\(\) failed: error:[0-9A-F]+:SSL routines::/,
  );
});
