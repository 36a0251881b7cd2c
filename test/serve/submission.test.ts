import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';
import type { LineAnswer } from './line-backend.js';

const cases = setUpCases();
const GREETING = '220 mail.example.com ESMTP\r\n';
const SECRET = 'AGpvZQBzZWNyZXQ=';

function backend(line: string, secured: boolean): LineAnswer | string {
  const [command = ''] = line.split(' ');
  switch (command) {
    case 'EHLO':
      return secured
        ? '250-mail.example.com\r\n250-XCLIENT HELO PROTO ADDR TTL\r\n250 AUTH PLAIN\r\n'
        : '250-mail.example.com\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n';
    case 'STARTTLS':
      return { text: '220 go\r\n', next: 'tls' };
    case 'XCLIENT':
      return GREETING;
    case 'AUTH':
      return '235 2.7.0 in\r\n';
    case 'QUIT':
      return { text: '221 bye\r\n', next: 'end' };
    default:
      return '250 2.0.0 OK\r\n';
  }
}

describe('a submission login', () => {
  test('reaches the backend of the user and is relayed from then on', async () => {
    const server = await cases.lineBackend(GREETING, backend);
    const proxy = await cases.proxy([joe(server.port)]);
    const client = await cases.connect(proxy, 'submission');
    expect(await client.until(/\r\n/)).toMatch(/^220 \S+ Dovecot \(Debian\) ready\.\r\n$/);
    client.send('EHLO client.example.org\r\n');
    expect(await client.until(/250 PIPELINING\r\n/)).toContain('250-AUTH PLAIN\r\n');
    client.send('MAIL FROM:<a@example.org>\r\n');
    expect(await client.until(/\r\n/)).toBe('530 5.7.0 Authentication required.\r\n');
    client.send(`AUTH PLAIN ${SECRET}\r\nMAIL FROM:<a@example.org>\r\nQUIT\r\n`);
    expect(await client.until(/221 bye\r\n/)).toBe('235 2.7.0 in\r\n250 2.0.0 OK\r\n221 bye\r\n');
    await proxy.idle();
    expect(server.lines.at(-1)).toBe('QUIT');
    expect(server.lines).toContain('MAIL FROM:<a@example.org>');
    expect(proxy.log).toContainEqual(expect.stringMatching(/^submission-login: Info: proxy\(joe,.*Started/));
  });

  test('goes over TLS on both sides and tells the backend who the client is', async () => {
    const server = await cases.lineBackend(GREETING, backend);
    const proxy = await cases.proxy([joe(server.port, 'starttls=any-cert')]);
    const client = await cases.connect(proxy, 'submission');
    await client.until(/ready\.\r\n/);
    client.send('STARTTLS\r\n');
    await client.until(/220 2\.0\.0 Begin TLS negotiation now\.\r\n/);
    await client.startTls();
    client.send(`EHLO client.example.org\r\nAUTH PLAIN ${SECRET}\r\n`);
    expect(await client.until(/235.*\r\n/)).not.toContain('STARTTLS');
    expect(server.lines.map((line) => line.split(' ')[0])).toEqual([
      'EHLO',
      'STARTTLS',
      'EHLO',
      'XCLIENT',
      'EHLO',
      'AUTH',
    ]);
    expect(server.lines).toContain('XCLIENT HELO=client.example.org PROTO=ESMTP TTL=4 ADDR=127.0.0.1');
  });

  test('goes on after a refusal, and ends after too many bad commands', async () => {
    const server = await cases.lineBackend(GREETING, (line, secured) =>
      line.startsWith('AUTH') ? '535 5.7.8 no\r\n' : backend(line, secured),
    );
    const proxy = await cases.proxy([joe(server.port)]);
    const client = await cases.connect(proxy, 'submissions', true);
    await client.until(/ready\.\r\n/);
    client.send(`AUTH PLAIN ${SECRET}\r\n`);
    expect(await client.until(/\r\n/)).toBe('535 5.7.8 no\r\n');
    client.send(`NOOP ${'x'.repeat(5000)}\r\nNOOP\r\n`);
    expect(await client.until(/250.*\r\n/)).toBe('500 5.5.2 Line too long\r\n250 2.0.0 OK\r\n');
    client.send('FOO\r\n'.repeat(11));
    const rest = await client.end();
    expect(rest.match(/500 5\.5\.1 Unknown command/g)).toHaveLength(10);
    expect(rest).toMatch(/421 4\.7\.0 \S+ Too many invalid commands\.\r\n$/);
  });
});
