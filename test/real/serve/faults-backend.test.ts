import { afterEach, describe, expect, test } from 'vitest';
import { SERVED_PROTOCOLS, type ServedProtocol } from '../../../src/proxy/login-protocols.js';
import { RunningProxy } from '../../serve/running-proxy.js';
import { ScriptedBackend } from '../../serve/scripted-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { FaultBackend, type FaultKind } from './fault-backend.js';
import { answerOf, Bystander, converse } from './fault-clients.js';
import { heldNow, nothingLeft } from './leaks.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function keep<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

/** How often a backend speaks up to the answer to a login. */
async function utterancesOf(protocol: ServedProtocol): Promise<number> {
  const backend = keep(await FaultBackend.start(protocol, null));
  const proxy = keep(await RunningProxy.start([`joe:secret::::::proxy host=127.0.0.1 port=${backend.port}`]));
  const client = await converse(proxy, protocol, 'joe');
  expect(await answerOf(client, protocol)).toBe('ok');
  // What it says when it is left does not count.
  const { utterances } = backend;
  client.close();
  await proxy.idle();
  return utterances;
}

const KINDS: readonly FaultKind[] = ['closes', 'resets', 'is silent', 'says half', 'says junk', 'is slow'];

describe.each(SERVED_PROTOCOLS)('a backend of %s', (protocol) => {
  test('that fails at any place of a login costs this login, and leaves nothing behind', async () => {
    const steps = await utterancesOf(protocol);
    const cases = KINDS.flatMap((kind) => Array.from({ length: steps }, (_, at) => ({ kind, at })));
    const backends = await Promise.all(cases.map((fault) => FaultBackend.start(protocol, fault)));
    for (const backend of backends) keep(backend);
    const well = keep(await ScriptedBackend.start());
    // LMTP waits half a minute for a silent backend, whatever proxy_timeout says: there the client leaves.
    const users = backends.map(
      ({ port }, index) => `u${index}:secret::::::proxy host=127.0.0.1 port=${port} proxy_timeout=1`,
    );
    const proxy = keep(
      await RunningProxy.start([...users, `bystander:secret::::::proxy host=127.0.0.1 port=${well.port}`]),
    );
    const bystander = await Bystander.start(proxy);
    const before = heldNow();
    const outcomes = await Promise.all(
      cases.map(async ({ kind, at }, index) => {
        const client = await converse(proxy, protocol, `u${index}`);
        if (protocol === 'lmtp' && kind === 'is silent') client.close();
        const outcome = await answerOf(client, protocol);
        client.close();
        return `${kind} at ${at}: ${outcome}`;
      }),
    );
    const expected = cases.map(({ kind, at }) => {
      const silent = protocol === 'lmtp' && kind === 'is silent';
      return `${kind} at ${at}: ${kind === 'is slow' ? 'ok' : silent ? 'cut' : 'refused'}`;
    });
    expect(outcomes).toEqual(expected);
    await expect.poll(() => proxy.server.sessionCount, { timeout: 20_000 }).toBe(1);
    for (const backend of backends)
      await expect.poll(() => backend.openConnections, { timeout: 20_000 }).toBe(0);
    await nothingLeft(before);
    expect(await bystander.stop()).toBeGreaterThan(0);
    expect(proxy.log.filter((line) => line.includes('BUG'))).toEqual([]);
  });
});

describe('a backend that is left in the middle of its answer', () => {
  const HALF = `* 1 FETCH (BODY[] {1000000}\r\n${'x'.repeat(300_000)}`;

  test.each(['resets', 'closes'] as const)(
    '%s in a literal: the client gets what came, and its end',
    async (how) => {
      const backend = keep(
        await ScriptedBackend.start({
          afterLogin: (socket) => {
            socket.once('data', () => {
              socket.write(HALF, () => {
                // The kernel has it all, and a reset would throw away what the proxy has not read.
                setTimeout(() => (how === 'resets' ? socket.resetAndDestroy() : socket.end()), 200);
              });
            });
          },
        }),
      );
      const well = keep(await ScriptedBackend.start());
      const proxy = keep(
        await RunningProxy.start([
          `joe:secret::::::proxy host=127.0.0.1 port=${backend.port}`,
          `bystander:secret::::::proxy host=127.0.0.1 port=${well.port}`,
        ]),
      );
      const bystander = await Bystander.start(proxy);
      const before = heldNow();
      const client = await ScriptedClient.connect(proxy.port('imap'));
      cleanups.push(() => client.close());
      await client.greeting();
      await client.command('a', 'LOGIN joe secret');
      client.send('b FETCH 1 BODY[]\r\n');
      expect((await client.end()).length).toBe(HALF.length);
      client.close();
      await expect.poll(() => proxy.server.sessionCount, { timeout: 20_000 }).toBe(1);
      await nothingLeft(before);
      expect(proxy.log.join('\n')).toMatch(/Disconnected by server/);
      expect(await bystander.stop()).toBeGreaterThan(0);
    },
  );

  test('a client that resets in its own literal ends the backend connection', async () => {
    let received = 0;
    const backend = keep(
      await ScriptedBackend.start({
        afterLogin: (socket) => {
          socket.on('data', (chunk: Buffer) => {
            received += chunk.length;
          });
          socket.on('end', () => socket.end());
        },
      }),
    );
    const proxy = keep(
      await RunningProxy.start([`joe:secret::::::proxy host=127.0.0.1 port=${backend.port}`]),
    );
    const before = heldNow();
    const client = await ScriptedClient.connect(proxy.port('imap'));
    await client.greeting();
    await client.command('a', 'LOGIN joe secret');
    const half = `b APPEND INBOX {100000}\r\n${'y'.repeat(50_000)}`;
    client.send(half);
    await expect.poll(() => received, { timeout: 20_000 }).toBe(half.length);
    client.socket.resetAndDestroy();
    await expect.poll(() => proxy.server.sessionCount, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => backend.openConnections, { timeout: 20_000 }).toBe(0);
    await nothingLeft(before);
  });
});
