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
