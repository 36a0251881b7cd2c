import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';
import type { LineAnswer } from './line-backend.js';

const cases = setUpCases();
const CAPABILITIES = '"SASL" "PLAIN"\r\n"STARTTLS"\r\n"XCLIENT"\r\nOK "ready."\r\n';
const SECRET = 'AGpvZQBzZWNyZXQ=';

function backend(line: string): LineAnswer | string {
  if (line === 'LOGOUT') return { text: 'OK "bye"\r\n', next: 'end' };
  return line.startsWith('AUTHENTICATE') ? 'OK "in"\r\n' : 'OK "done"\r\n';
}

describe('a ManageSieve login', () => {
  test('reaches the backend of the user and is relayed from then on', async () => {
    const server = await cases.lineBackend(CAPABILITIES, backend);
    const proxy = await cases.proxy([joe(server.port, 'destuser=joseph')]);
    const client = await cases.connect(proxy, 'sieve');
    expect(await client.until(/OK .*\r\n/)).toMatch(/^"IMPLEMENTATION" .*"SASL" "PLAIN"\r\n"STARTTLS"\r\n/s);
    client.send(`AUTHENTICATE "PLAIN" "${SECRET}"\r\nLISTSCRIPTS\r\nLOGOUT\r\n`);
    expect(await client.until(/OK "bye"\r\n/)).toBe('OK "in"\r\nOK "done"\r\nOK "bye"\r\n');
    await proxy.idle();
    expect(server.lines).toEqual([
      expect.stringMatching(/^XCLIENT ADDR=127\.0\.0\.1 PORT=\d+ SESSION=\S+ TTL=4$/),
      `AUTHENTICATE "PLAIN" "${Buffer.from('joseph\0joseph\0secret').toString('base64')}"`,
      'LISTSCRIPTS',
      'LOGOUT',
    ]);
    expect(proxy.log).toContainEqual(expect.stringMatching(/^managesieve-login: Info: proxy\(joe,.*Started/));
  });

  test('takes responses as literals, over TLS as well, and lists its capabilities again', async () => {
    const server = await cases.lineBackend(CAPABILITIES, backend);
    const proxy = await cases.proxy([joe(server.port)]);
    const client = await cases.connect(proxy, 'sieve');
    await client.until(/OK .*\r\n/);
    client.send('STARTTLS\r\n');
    await client.until(/OK "Begin TLS negotiation now\."\r\n/);
    await client.startTls();
    expect(await client.until(/OK .*\r\n/)).toMatch(/"VERSION" "1\.0"\r\nOK "TLS negotiation successful\."/);
    client.send('AUTHENTICATE "PLAIN"\r\n');
    expect(await client.until(/\r\n/)).toBe('""\r\n');
    client.send(`{${SECRET.length}+}\r\n${SECRET}\r\n`);
    expect(await client.until(/\r\n/)).toBe('OK "in"\r\n');
  });

  test('goes on after a refusal, which never shows what the backend said', async () => {
    const server = await cases.lineBackend(CAPABILITIES, (line) =>
      line.startsWith('AUTHENTICATE') ? 'NO "no such user"\r\n' : backend(line),
    );
    const proxy = await cases.proxy([joe(server.port)]);
    const client = await cases.connect(proxy, 'sieve');
    await client.until(/OK .*\r\n/);
    client.send(`AUTHENTICATE "PLAIN" "${SECRET}"\r\n`);
    expect(await client.until(/\r\n/)).toBe('NO "Authentication failed."\r\n');
    client.send('AUTHENTICATE "PLAIN"\r\natom\r\nFOO\r\nNOOP "x" "y"\r\nBAR (\r\n');
    expect(await client.end()).toBe(
      '""\r\nNO "Invalid AUTHENTICATE client response."\r\n' +
        'NO "Error in MANAGESIEVE command received by server."\r\n'.repeat(2) +
        'BYE "Too many invalid MANAGESIEVE commands."\r\n',
    );
  });

  // observed 2.3.19.1 and 2.4.1
  test.each([`${'x'.repeat(1030)}\r\n`, `NOOP "${'x'.repeat(1100)}"\r\n`])(
    'a command of more than 1026 bytes ends the connection, however it comes',
    async (command) => {
      const proxy = await cases.proxy([joe(1)]);
      const client = await cases.connect(proxy, 'sieve');
      await client.until(/OK "[^\n]*\n/);
      client.send(command);
      expect(await client.end()).toBe('BYE "Input buffer full, aborting"\r\n');
    },
  );
});
