import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';
import type { LineAnswer } from './line-backend.js';

const cases = setUpCases();
const GREETING = '+OK [XCLIENT] ready.\r\n';

function backend(line: string): LineAnswer | string {
  if (line === 'STLS') return { text: '+OK go\r\n', next: 'tls' };
  if (line === 'QUIT') return { text: '+OK bye\r\n', next: 'end' };
  if (line === 'STAT') return '+OK 2 320\r\n';
  return '+OK\r\n';
}

describe('a POP3 login', () => {
  test('reaches the backend of the user and is relayed from then on', async () => {
    const server = await cases.lineBackend(GREETING, backend);
    const proxy = await cases.proxy([joe(server.port, 'destuser=joseph')]);
    const client = await cases.connect(proxy, 'pop3');
    client.send('USER joe\r\nPASS secret\r\nSTAT\r\nQUIT\r\n');
    expect(await client.until(/bye\r\n/)).toBe(
      '+OK Dovecot (Debian) ready.\r\n+OK\r\n+OK\r\n+OK 2 320\r\n+OK bye\r\n',
    );
    await proxy.idle();
    expect(server.lines[0]).toMatch(/^XCLIENT ADDR=127\.0\.0\.1 PORT=\d+ SESSION=\S+ TTL=4$/);
    expect(server.lines.slice(1)).toEqual(['USER joseph', 'PASS secret', 'STAT', 'QUIT']);
    expect(proxy.log).toContainEqual(
      expect.stringMatching(
        /^pop3-login: Info: proxy\(joe,127\.0\.0\.1:\d+\): Started proxying to <127\.0\.0\.1> as user joseph /,
      ),
    );
  });

  test('goes over TLS on both sides', async () => {
    const server = await cases.lineBackend(GREETING, backend);
    const proxy = await cases.proxy([joe(server.port, 'starttls=any-cert')]);
    const client = await cases.connect(proxy, 'pop3');
    await client.until(/ready\.\r\n/);
    client.send('STLS\r\n');
    await client.until(/\+OK Begin TLS negotiation now\.\r\n/);
    await client.startTls();
    client.send('AUTH PLAIN AGpvZQBzZWNyZXQ=\r\nSTAT\r\n');
    expect(await client.until(/320\r\n/)).toBe('+OK\r\n+OK 2 320\r\n');
    expect(server.lines).toEqual([
      'STLS',
      expect.stringMatching(/^XCLIENT /),
      'USER joe',
      'PASS secret',
      'STAT',
    ]);
  });

  test('goes on after a refusal of the proxy or the backend', async () => {
    const server = await cases.lineBackend(GREETING, (line) =>
      line.startsWith('PASS') ? '-ERR [IN-USE] locked\r\n' : backend(line),
    );
    const proxy = await cases.proxy([joe(server.port)]);
    const client = await cases.connect(proxy, 'pop3s', true);
    await client.until(/ready\.\r\n/);
    client.send('USER joe\r\nPASS wrong\r\n');
    expect(await client.until(/-ERR.*\r\n/)).toBe('+OK\r\n-ERR [AUTH] Authentication failed.\r\n');
    client.send('USER joe\r\nPASS secret\r\n');
    expect(await client.until(/-ERR.*\r\n/)).toBe('+OK\r\n-ERR [IN-USE] locked\r\n');
    client.send('QUIT\r\n');
    expect(await client.end()).toBe('+OK Logging out\r\n');
  });
});
