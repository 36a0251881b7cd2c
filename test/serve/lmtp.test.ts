import { afterEach, describe, expect, test } from 'vitest';
import { setUpCases } from './cases.js';
import { LmtpBackendDouble, type LmtpBackendScript } from './lmtp-backend.js';
import type { RunningProxy } from './running-proxy.js';

const cases = setUpCases();
const backends: LmtpBackendDouble[] = [];
afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

async function backend(script: LmtpBackendScript = {}): Promise<LmtpBackendDouble> {
  const started = await LmtpBackendDouble.start(script);
  backends.push(started);
  return started;
}

function user(name: string, port: number, more = ''): string {
  return `${name}:x::::::proxy host=127.0.0.1 port=${port} ${more}`;
}

async function transaction(proxy: RunningProxy, recipients: readonly string[]) {
  const client = await cases.connect(proxy, 'lmtp');
  await client.until(/220 .*\r\n/);
  client.send('LHLO client.example.org\r\nMAIL FROM:<ann@example.org>\r\n');
  await client.until(/250 2\.1\.0 OK\r\n/);
  for (const recipient of recipients) client.send(`RCPT TO:<${recipient}>\r\n`);
  return client;
}

/** Lines that make `size` bytes, some of them with dots in front. */
function longMessage(size: number): string {
  const line = `.${'0123456789'.repeat(7)}\r\n`;
  return `Subject: long\r\n\r\n${line.repeat(Math.ceil(size / line.length))}`;
}

const stuffed = (message: string) => message.replace(/^\./gm, '..');
const body = (message: string) => message.replace(/^Received: [^;]*; [^\r]*\r\n/, '');

describe('a message by LMTP', () => {
  test('goes to the backends of its recipients, and each answers in its turn', async () => {
    const one = await backend();
    const two = await backend({ dataReplies: ['250 2.0.0 Saved', '452 4.2.2 over quota'] });
    const proxy = await cases.proxy([user('a', one.port), user('b', two.port), user('c', two.port)]);
    const client = await transaction(proxy, ['b', 'a', 'nobody', 'c']);
    const answers = await client.until(/(?:2|5)\d\d [^\n]*\n(?:[^\n]*\n){3}/);
    expect(answers.split('\r\n').slice(0, 4)).toEqual([
      '250 2.1.0 2.0.0 OK',
      '250 2.1.0 2.0.0 OK',
      "550 5.1.1 <nobody> User doesn't exist: nobody",
      '250 2.1.0 2.0.0 OK',
    ]);
    client.send('DATA\r\n');
    await client.until(/354 OK\r\n/);
    client.send('Subject: x\r\n\r\n..hello\r\n.\r\nQUIT\r\n');
    const replies = (await client.end()).split('\r\n');
    expect(replies).toEqual([
      expect.stringMatching(/^250 2\.0\.0 <b> \S+ Saved$/),
      expect.stringMatching(/^250 2\.0\.0 <a> \S+:R2 Saved$/),
      '452 4.0.0 <c> 4.2.2 over quota',
      '221 2.0.0 Bye',
      '',
    ]);
    expect(body(one.messages[0] ?? '')).toBe('Subject: x\r\n\r\n.hello\r\n');
    expect(two.messages).toEqual(one.messages);
    expect(two.lines.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<b>', 'RCPT TO:<c>']);
    await proxy.idle();
    expect(proxy.log.filter((line) => /message to/.test(line))).toHaveLength(3);
    expect(proxy.log.at(-1)).toBe('lmtp(1): Info: Disconnect from 127.0.0.1: Logged out (state=READY)');
  });

  test.each([
    ['BDAT', ['PIPELINING', 'CHUNKING']],
    ['BDAT without pipelining', ['CHUNKING']],
    ['DATA', ['PIPELINING']],
  ])(
    'of three megabytes waits on disk and reaches two backends unchanged, by %s',
    async (_, capabilities) => {
      const one = await backend({ capabilities });
      const two = await backend({ capabilities });
      const proxy = await cases.proxy([user('a', one.port), user('b', two.port)]);
      const client = await transaction(proxy, ['a', 'b']);
      await client.until(/OK\r\n[^\n]*OK\r\n/);
      const message = longMessage(3_000_000);
      client.send(`DATA\r\n`);
      await client.until(/354 OK\r\n/);
      client.send(`${stuffed(message)}.\r\n`);
      expect(await client.until(/Saved\r\n[^\n]*Saved\r\n/)).toMatch(/<a>.*\r\n.*<b>/);
      for (const each of [one, two]) expect(body(each.messages[0] ?? '') === message).toBe(true);
    },
  );

  test('in chunks is taken as it is, whatever its lines look like', async () => {
    const one = await backend();
    const proxy = await cases.proxy([user('a', one.port)]);
    const client = await transaction(proxy, ['a']);
    await client.until(/OK\r\n/);
    client.send('BDAT 10\r\nSubject: xBDAT 7 LAST\r\n\r\n\r\n.\r\n');
    const answer = await client.until(/Saved\r\n/);
    expect(answer).toMatch(/^250 2\.0\.0 Added 10 octets\r\n250 2\.0\.0 <a> /);
    expect(body(one.messages[0] ?? '')).toBe('Subject: x\r\n\r\n.\r\n');
  });

  test('is refused for now where it cannot be kept, and the next one is taken', async () => {
    const one = await backend();
    const proxy = await cases.proxy([user('a', one.port)], 'mail_temp_dir = /nonexistent\n');
    const client = await transaction(proxy, ['a']);
    await client.until(/OK\r\n/);
    client.send('DATA\r\n');
    await client.until(/354 OK\r\n/);
    client.send(`${stuffed(longMessage(400_000))}.\r\n`);
    expect(await client.until(/\r\n/)).toBe('451 4.3.0 Temporary internal failure\r\n');
    expect(one.messages).toEqual([]);
    client.send('MAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\n');
    await client.until(/354 OK\r\n/);
    client.send('short\r\n.\r\n');
    expect(await client.until(/Saved\r\n/)).toMatch(/<a> \S+:T2 Saved/);
    expect(body(one.messages[0] ?? '')).toBe('short\r\n');
  });

  test('whose backend goes away fails for its recipients only', async () => {
    const one = await backend({ closeAt: /^BDAT/ });
    const two = await backend();
    const proxy = await cases.proxy([user('a', one.port), user('b', two.port)]);
    const client = await transaction(proxy, ['a', 'b']);
    await client.until(/OK\r\n[^\n]*OK\r\n/);
    client.send('DATA\r\n');
    await client.until(/354 OK\r\n/);
    client.send('x\r\n.\r\nQUIT\r\n');
    const replies = (await client.end()).split('\r\n');
    expect(replies[0]).toMatch(/^451 4\.4\.0 Proxy failed \(connection lost, session=\S+\)$/);
    expect(replies[1]).toMatch(/^250 2\.0\.0 <b> \S+:R2 Saved$/);
  });

  test('is not sent when its client goes away in the middle, and nothing is left', async () => {
    const one = await backend();
    const proxy = await cases.proxy([user('a', one.port)]);
    const client = await transaction(proxy, ['a']);
    await client.until(/OK\r\n/);
    client.send('DATA\r\nhalf of a mess');
    await client.until(/354 OK\r\n/);
    client.close();
    await proxy.idle();
    while (one.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(one.messages).toEqual([]);
    expect(one.lines.at(-1)).toBe('QUIT');
    expect(proxy.log.at(-1)).toMatch(
      /^lmtp\(1\): Info: Disconnect from 127\.0\.0\.1: .*\(unfinished DATA command\) \(state=DATA\)$/,
    );
  });

  test('comes over TLS, by STARTTLS or from the start', async () => {
    const one = await backend();
    const proxy = await cases.proxy([user('a', one.port)]);
    const client = await cases.connect(proxy, 'lmtp');
    await client.until(/220 .*\r\n/);
    client.send('LHLO x\r\nSTARTTLS\r\n');
    await client.until(/220 2\.0\.0 Begin TLS negotiation now\.\r\n/);
    await client.startTls();
    client.send('LHLO x\r\nSTARTTLS\r\nMAIL FROM:<>\r\nRCPT TO:<a>\r\nDATA\r\n');
    const answers = await client.until(/354 OK\r\n/);
    expect(answers).toContain('502 5.5.1 TLS is already active.');
    expect(answers).not.toContain('STARTTLS\r\n');
    client.send('x\r\n.\r\n');
    await client.until(/Saved\r\n/);
    expect(one.messages[0]).toMatch(
      /\r\n\t\(using TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384 \(256\/256 bits\)\)\r\n\tby \S+ with LMTPS\r\n/,
    );
    const secure = await cases.connect(proxy, 'lmtps', true);
    expect(await secure.until(/\r\n/)).toMatch(/^220 /);
  });

  test('cannot be slipped in with STARTTLS', async () => {
    const one = await backend();
    const proxy = await cases.proxy([user('a', one.port)]);
    const client = await cases.connect(proxy, 'lmtp');
    await client.until(/220 .*\r\n/);
    client.send('LHLO x\r\nSTARTTLS\r\nMAIL FROM:<>\r\nRCPT TO:<a>\r\n');
    const rest = await client.end();
    expect(rest).not.toContain('2.1.0');
    expect(one.lines).toEqual([]);
  });
});
