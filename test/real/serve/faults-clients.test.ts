import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { SERVED_PROTOCOLS } from '../../../src/proxy/login-protocols.js';
import { RunningProxy } from '../../serve/running-proxy.js';
import { ScriptedBackend } from '../../serve/scripted-backend.js';
import { ScriptedClient } from '../../serve/scripted-client.js';
import { FaultBackend } from './fault-backend.js';
import { Bystander, CONVERSATIONS } from './fault-clients.js';
import { heldNow, nothingLeft } from './leaks.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function keep<T extends { stop(): Promise<void> }>(thing: T): T {
  cleanups.push(() => thing.stop());
  return thing;
}

/** A proxy with a user `bystander` that is at work, and a user of its own for each backend. */
async function proxyWith(ports: readonly number[], fields = '', settings = '') {
  const well = keep(await ScriptedBackend.start());
  const users = ports.map(
    (port, index) => `u${index}:secret::::::proxy host=127.0.0.1 port=${port} ${fields}`,
  );
  const proxy = keep(
    await RunningProxy.start(
      [...users, `bystander:secret::::::proxy host=127.0.0.1 port=${well.port}`],
      settings,
    ),
  );
  return { proxy, bystander: await Bystander.start(proxy) };
}

/** The bystander noticed nothing, no session but its own is left, and nothing that a session had. */
async function allOver(
  { proxy, bystander }: Awaited<ReturnType<typeof proxyWith>>,
  before: ReturnType<typeof heldNow>,
): Promise<void> {
  await expect.poll(() => proxy.server.sessionCount, { timeout: 20_000 }).toBe(1);
  await nothingLeft(before);
  expect(await bystander.stop()).toBeGreaterThan(0);
  expect(proxy.log.filter((line) => line.includes('BUG'))).toEqual([]);
}

/** How a client goes. */
const WAYS = ['closes', 'resets', 'ends its side'] as const;

function leave(client: ScriptedClient, way: (typeof WAYS)[number]): void {
  if (way === 'closes') client.close();
  else if (way === 'resets') client.socket.resetAndDestroy();
  else client.socket.end();
}

describe.each(SERVED_PROTOCOLS)('a client of %s', (protocol) => {
  test('that goes at any place of a login, or while its backend is silent, leaves nothing behind', async () => {
    const text = CONVERSATIONS[protocol].lines
      .map(
        (line) =>
          `${line.replace('%c', Buffer.from('\0u0\0secret').toString('base64')).replace('%u', 'u0')}\r\n`,
      )
      .join('');
    const silent = await Promise.all(
      [0, 1].map(async (at) => keep(await FaultBackend.start(protocol, { at, kind: 'is silent' }))),
    );
    // While a backend is asked the client is not read, as in Dovecot: the end comes with the time limit.
    const running = await proxyWith(
      silent.map(({ port }) => port),
      'proxy_timeout=1',
    );
    const before = heldNow();
    const places = [0, 1, 5, text.indexOf('\n') + 1, text.length - 3, text.length];
    const cases = WAYS.flatMap((way) => places.map((place) => ({ way, place })));
    await Promise.all(
      cases.map(async ({ way, place }, index) => {
        const client = await ScriptedClient.connect(running.proxy.port(protocol));
        cleanups.push(() => client.close());
        await client.until(/\n/);
        client.send(text.slice(0, place).replaceAll('u0', `u${index % 2}`));
        // Some go at once, the others when the proxy has read what they said.
        if (index % 3 > 0) await new Promise((resolve) => setTimeout(resolve, 100));
        leave(client, way);
        await client.end();
      }),
    );
    await allOver(running, before);
    for (const backend of silent)
      await expect.poll(() => backend.openConnections, { timeout: 20_000 }).toBe(0);
  });
});

describe('TLS that breaks', () => {
  test('on the way to a backend costs the login, however it breaks', async () => {
    const scripts = [
      { tls: 'none' },
      { banner: '\x16\x03\x01 this is no TLS\r\n' },
      { banner: null },
    ] as const;
    const closing = keep(await FaultBackend.start('imap', { at: 0, kind: 'closes' }));
    const others = await Promise.all(
      scripts.map(async (script) => keep(await ScriptedBackend.start(script))),
    );
    const backends = [closing, ...others];
    const running = await proxyWith(
      backends.map(({ port }) => port),
      'ssl=any-cert proxy_timeout=1',
    );
    const before = heldNow();
    await Promise.all(
      backends.map(async (_, index) => {
        const client = await ScriptedClient.connect(running.proxy.port('imap'));
        cleanups.push(() => client.close());
        await client.greeting();
        expect(await client.command('a', `LOGIN u${index} secret`)).toMatch(/^a NO \[UNAVAILABLE\]/m);
        client.close();
      }),
    );
    await allOver(running, before);
  });

  test('on the way from a client ends this client', async () => {
    const running = await proxyWith([1]);
    const before = heldNow();
    for (const junk of ['GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00', '']) {
      for (const listener of ['imaps', 'pop3s', 'submissions', 'lmtps'] as const) {
        const client = await ScriptedClient.connect(running.proxy.port(listener));
        client.send(junk);
        if (junk.startsWith('GET')) await client.end();
        client.close();
      }
      const client = await ScriptedClient.connect(running.proxy.port('imap'));
      await client.greeting();
      await client.command('a', 'STARTTLS');
      client.send(junk);
      if (junk.startsWith('GET')) await client.end();
      client.close();
    }
    await allOver(running, before);
  });
});

describe('a database', () => {
  const chainWith = (port: number) => {
    const path = join(tmpdir(), `dvproxy-fault-${process.pid}-${port}.conf.ext`);
    writeFileSync(
      path,
      `driver = mysql\nconnect = host=127.0.0.1 port=${port} dbname=mails user=u password=p\npassword_query = SELECT '%u'\n`,
    );
    return `passdb {\n  driver = sql\n  args = ${path}\n}\n`;
  };

  test('that is down is a temporary failure, for those who need it', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const running = await proxyWith([1], '', chainWith(port));
    for (let round = 0; round < 3; round++) {
      const client = await ScriptedClient.connect(running.proxy.port('imap'));
      await client.greeting();
      expect(await client.command('a', 'LOGIN nobody secret')).toMatch(
        /^a NO \[UNAVAILABLE\] Temporary authentication failure\./m,
      );
      client.close();
    }
    await expect.poll(() => running.proxy.server.sessionCount, { timeout: 20_000 }).toBe(1);
    expect(await running.bystander.stop()).toBeGreaterThan(0);
  });

  test('that answers nothing holds up those who need it, and nobody who has left', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void silent.close());
    const running = await proxyWith([1], '', chainWith((silent.address() as AddressInfo).port));
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => ScriptedClient.connect(running.proxy.port('imap'))),
    );
    for (const client of clients) {
      await client.greeting();
      client.send('a LOGIN nobody secret\r\n');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const client of clients) client.close();
    await expect.poll(() => running.proxy.server.sessionCount, { timeout: 20_000 }).toBe(1);
    expect(await running.bystander.stop()).toBeGreaterThan(0);
  });
});
