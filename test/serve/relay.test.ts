import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { block, receiveAll, sendAll } from './byte-streams.js';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();
const MIB = 1024 * 1024;

describe.each([
  ['in clear', '', 'none', false],
  ['with TLS to the client', '', 'none', true],
  ['with TLS on both sides', 'ssl=any-cert', 'implicit', true],
  ['with STARTTLS to the backend', 'starttls=any-cert', 'starttls', false],
] as const)('a relay %s', (_, fields, tls, secureClient) => {
  test('passes many bytes both ways unchanged', async () => {
    const total = 4 * MIB + 12_345;
    let upDigest = '';
    let uploaded: () => void = () => undefined;
    const upload = new Promise<void>((resolve) => {
      uploaded = resolve;
    });
    const downDigest = createHash('sha256');
    const backend = await cases.backend({
      tls,
      afterLogin: (socket, early) => {
        void receiveAll(socket, total, early).then((digest) => {
          upDigest = digest;
          uploaded();
        });
        void sendAll(socket, total, downDigest);
      },
    });
    const proxy = await cases.proxy([joe(backend.port, fields)]);
    const client = secureClient ? await cases.tlsClient(proxy) : await cases.client(proxy);
    await client.command('a', 'LOGIN joe secret');
    const { socket, early } = client.detach();
    const sentDigest = createHash('sha256');
    const download = receiveAll(socket, total, early);
    await sendAll(socket, total, sentDigest);
    await upload;
    expect(upDigest).toBe(sentDigest.digest('hex'));
    expect(await download).toBe(downDigest.digest('hex'));
    client.close();
    await proxy.idle();
    const end = proxy.log.find((line) => line.includes('Disconnected by')) ?? '';
    const [, bytesIn = '0', bytesOut = '0'] = /in=(\d+), out=(\d+)/.exec(end) ?? [];
    expect(Number(bytesIn)).toBeGreaterThanOrEqual(total);
    expect(Number(bytesOut)).toBeGreaterThanOrEqual(total);
  }, 30_000);
});

test('a client that reads nothing holds its backend back and nobody else', async () => {
  const backend = await cases.backend({
    afterLogin: (socket) => void sendAll(socket, 64 * MIB, createHash('sha256')),
  });
  const quick = await cases.backend();
  const proxy = await cases.proxy([
    joe(backend.port),
    `ann:secret::::::proxy host=127.0.0.1 port=${quick.port}`,
  ]);
  const slow = await cases.client(proxy);
  await slow.command('a', 'LOGIN joe secret');
  slow.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const other = await cases.client(proxy);
  expect(await other.command('a', 'LOGIN ann secret')).toMatch(/^a OK /);
  for (let i = 0; i < 20; i++) expect(await other.command(`n${i}`, 'NOOP')).toBe(`n${i} OK done\r\n`);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
  slow.close();
  other.close();
  await proxy.idle();
});

test.each(['client', 'backend'] as const)(
  'when the %s ends, the other side gets what was sent and then its end',
  async (side) => {
    const last = block(1, 300_000);
    let received: Buffer = Buffer.alloc(0);
    let ended: () => void = () => undefined;
    const backendEnded = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const backend = await cases.backend({
      afterLogin: (socket, early) => {
        received = early;
        socket.on('data', (chunk: Buffer) => {
          received = Buffer.concat([received, chunk]);
        });
        socket.on('end', ended);
        if (side === 'backend') socket.end(last);
      },
    });
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.client(proxy);
    await client.command('a', 'LOGIN joe secret');
    if (side === 'client') {
      client.socket.end(last);
      await backendEnded;
      expect(received.equals(last)).toBe(true);
    } else {
      expect(Buffer.from(await client.end(), 'latin1').equals(last)).toBe(true);
    }
    await proxy.idle();
    expect(proxy.log.join('\n')).toContain(`Disconnected by ${side === 'client' ? 'client' : 'server'} (`);
  },
);

test('bytes in any pieces mean the same', async () => {
  const backend = await cases.backend({
    send: (socket, data) => {
      for (const character of data) socket.write(character);
    },
  });
  const proxy = await cases.proxy([joe(backend.port)]);
  const client = await cases.client(proxy);
  for (const character of 'a LOGIN {3}\r\n') client.send(character);
  await client.until(/\+ OK\r\n/);
  for (const character of 'joe "sec\\ret"\r\nb NOOP\r\nc LOGOUT\r\n') client.send(character);
  expect(await client.until(/c OK bye\r\n/)).toContain('b OK done\r\n');
  expect(backend.lines).toContain('L LOGIN "joe" "secret"');
});

test('sessions leave no socket and no timer behind', async () => {
  const backend = await cases.backend();
  const proxy = await cases.proxy([joe(backend.port)]);
  const count = () =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout').length;
  const before = count();
  for (let round = 0; round < 20; round++) {
    const client = round % 2 === 0 ? await cases.client(proxy) : await cases.tlsClient(proxy);
    await client.command('a', round % 3 === 0 ? 'LOGIN joe wrong' : 'LOGIN joe secret');
    if (round % 4 === 0) await client.command('b', 'LOGOUT');
    client.close();
  }
  await proxy.idle();
  while (backend.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(count()).toBeLessThanOrEqual(before + 1);
});

describe('login_proxy_max_disconnect_delay', () => {
  test('keeps clients of a backend that went away, until they leave themselves', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)], 'login_proxy_max_disconnect_delay = 4 s\n');
    const clients = [];
    for (let index = 0; index < 4; index++) {
      const client = await cases.client(proxy);
      expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
      clients.push(client);
    }
    await backend.stop();
    await expect
      .poll(() => proxy.log.filter((line) => line.includes('Disconnected by server')).length)
      .toBe(4);
    expect(proxy.log.filter((line) => / - disconnecting client in \d{3,4}ms/.test(line))).toHaveLength(3);
    expect(clients.filter((client) => !client.ended)).toHaveLength(3);
    for (const client of clients) {
      client.send('b NOOP\r\n');
      client.close();
    }
    await proxy.idle();
  });
});
