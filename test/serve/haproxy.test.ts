import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';
import type { RunningProxy } from './running-proxy.js';
import { ScriptedClient } from './scripted-client.js';

const cases = setUpCases();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** A proxy whose IMAP listener wants a PROXY protocol header. */
async function behindFrontEnd(
  users: readonly string[],
  settings: string,
  tls = false,
): Promise<{ proxy: RunningProxy; client: ScriptedClient }> {
  const port = await freePort();
  const listener = `service imap-login {
  inet_listener imap {
    port = ${port}
    haproxy = yes
    ssl = ${tls ? 'yes' : 'no'}
  }
  inet_listener imaps {
    port = 0
  }
}
haproxy_trusted_networks = 127.0.0.0/8
haproxy_timeout = 1s
`;
  const proxy = await cases.proxy(users, listener + settings, ['imap']);
  return { proxy, client: await ScriptedClient.connect(port) };
}

const HEADER = 'PROXY TCP4 192.0.2.55 192.0.2.66 5555 143\r\n';

describe('a listener with haproxy = yes', () => {
  test('takes the addresses of the header, in one piece with the first command or byte by byte', async () => {
    const server = await cases.backend();
    const { proxy, client } = await behindFrontEnd(
      [joe(server.port)],
      'login_trusted_networks = 192.0.2.0/24\n',
    );
    for (const byte of HEADER) client.send(byte);
    await client.greeting();
    expect(await client.command('a', 'LOGIN joe secret')).toContain('a OK');
    expect(server.lines[0]).toMatch(
      /"x-originating-ip" "192\.0\.2\.55" "x-originating-port" "5555" "x-connected-ip" "192\.0\.2\.66"/,
    );
    expect(proxy.log.at(-1)).toMatch(/rip=192\.0\.2\.55, lip=192\.0\.2\.66/);
    const other = await ScriptedClient.connect(client.socket.remotePort ?? 0);
    other.send(`${HEADER}a LOGIN joe secret\r\n`);
    await other.until(/a OK/);
    other.close();
    client.close();
  });

  test('starts TLS behind the header', async () => {
    const server = await cases.backend();
    const { client } = await behindFrontEnd([joe(server.port)], '', true);
    client.send(HEADER);
    await client.startTls();
    await client.greeting();
    expect(await client.command('a', 'LOGIN joe secret')).toContain('a OK');
    client.close();
  });

  test.each([
    [
      'no header',
      'a LOGIN joe secret\r\n',
      'Error: haproxy: Client disconnected: Failed to read valid HAproxy data',
    ],
    ['none in time', 'PROXY TCP4 ', 'Error: haproxy: Client timed out'],
    ['a header that is cut', '\r\n\r\n\0\r\nQUIT\n!', 'Error: haproxy: Client timed out'],
    [
      'a version that does not exist',
      '\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0',
      'Error: haproxy: Client disconnected: Unsupported protocol version (version=01',
    ],
  ])('closes without a word: %s', async (_, data, line) => {
    const { proxy, client } = await behindFrontEnd([], '');
    client.send(data);
    expect(await client.end()).toBe('');
    expect(proxy.log.at(-1)).toBe(
      `imap-login: ${line}${line.includes('version=') ? ', ' : ' ('}rip=127.0.0.1)`,
    );
    await proxy.idle();
  });

  test('closes connections of others', async () => {
    const { proxy, client } = await behindFrontEnd([], 'haproxy_trusted_networks = 192.0.2.0/24\n');
    await client.end();
    expect(proxy.log).toEqual(['imap-login: Warning: haproxy: Client not trusted (rip=127.0.0.1)']);
    await proxy.idle();
  });
});
