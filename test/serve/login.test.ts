import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();

function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

describe('a login', () => {
  test('reaches the backend of the user and is relayed from then on', async () => {
    const [first, second] = [await cases.backend(), await cases.backend()];
    const proxy = await cases.proxy([
      `joe:secret::::::proxy host=127.0.0.1 port=${first.port}`,
      `ann:secret::::::proxy host=127.0.0.1 port=${second.port} destuser=anna`,
    ]);
    const joes = await cases.client(proxy);
    expect(await joes.command('a', 'LOGIN joe secret')).toBe(
      'a OK [CAPABILITY IMAP4rev1 SASL-IR ID IDLE] in\r\n',
    );
    const anns = await cases.client(proxy);
    await anns.command('a', 'LOGIN ann secret');
    expect(await anns.command('b', 'NOOP')).toBe('b OK done\r\n');
    expect(first.lines).toContain('L LOGIN "joe" "secret"');
    expect(second.lines).toContain('L LOGIN "anna" "secret"');
    expect(second.lines).toContain('b NOOP');
    await joes.command('z', 'LOGOUT');
    await anns.command('z', 'LOGOUT');
    await proxy.idle();
    const started = proxy.log.filter((line) => line.includes('Started proxying'));
    const elements = 'user=<joe>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1, secured, session=<SID>';
    expect(started[0]?.replace(/<[^>]{16}>$/, '<SID>').replace(/0\.\d{3}/, 'N')).toBe(
      `imap-login: Info: proxy(joe,127.0.0.1:${first.port}): Started proxying to <127.0.0.1> (N secs): ${elements}`,
    );
    expect(started[1]).toContain('as user anna');
  });

  test('with a wrong password is refused, and the connection stays for another try', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe wrong')).toBe(
      'a NO [AUTHENTICATIONFAILED] Authentication failed.\r\n',
    );
    expect(backend.connections).toBe(0);
    expect(await client.command('b', 'LOGIN joe secret')).toMatch(/^b OK /);
  });

  test('may come as AUTHENTICATE with an initial response or by challenges', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)], 'auth_mechanisms = plain login\n');
    const plain = await cases.client(proxy);
    expect(await plain.command('a', `AUTHENTICATE PLAIN ${base64('\0joe\0secret')}`)).toMatch(/^a OK /);
    const challenged = await cases.client(proxy);
    challenged.send('a AUTHENTICATE LOGIN\r\n');
    expect(await challenged.until(/\n/)).toBe(`+ ${base64('Username:')}\r\n`);
    challenged.send(`${base64('joe')}\r\n`);
    expect(await challenged.until(/\n/)).toBe(`+ ${base64('Password:')}\r\n`);
    challenged.send(`${base64('secret')}\r\n`);
    expect(await challenged.until(/\n/)).toMatch(/^a OK /);
  });

  test('of a user without proxy fields is refused with a reason and logged', async () => {
    const proxy = await cases.proxy(['joe:secret::::::']);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toBe(
      'a NO [CONTACTADMIN] This server is a proxy and has no mailbox for this user.\r\n',
    );
    expect(proxy.log.join('\n')).toContain('Login refused: the passdb gave no proxy field');
  });

  test('takes along what the client sent behind it', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.client(proxy);
    client.send('a LOGIN joe secret\r\nb NOOP\r\nc LOGOUT\r\n');
    expect(await client.until(/c OK bye\r\n/)).toBe(
      'a OK [CAPABILITY IMAP4rev1 SASL-IR ID IDLE] in\r\nb OK done\r\n* BYE\r\nc OK bye\r\n',
    );
  });

  test('fails at once with the backend down, without leaving anything behind', async () => {
    const backend = await cases.backend();
    const { port } = backend;
    await backend.stop();
    const proxy = await cases.proxy([joe(port)]);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toBe(
      'a NO [UNAVAILABLE] Account is temporarily unavailable.\r\n',
    );
    await client.command('z', 'LOGOUT');
    await proxy.idle();
    expect(proxy.log.join('\n')).toContain(
      `connect(127.0.0.1, ${port}) failed: Connection refused (after 0 secs`,
    );
  });

  test('is tried again when the first connection fails', async () => {
    let connections = 0;
    const backend = await cases.backend({
      send: (socket, data) => {
        if (data.includes('ready')) connections += 1;
        if (connections === 1) socket.destroy();
        else socket.write(data);
      },
    });
    const proxy = await cases.proxy([joe(backend.port)], 'login_proxy_max_reconnects = 3\n');
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
    expect(backend.connections).toBe(2);
    expect(proxy.log.join('\n')).toContain('secs, 1 reconnects)');
  });

  test.each([
    ['at the banner', { banner: '' }, /^I ID/],
    ['at ID', {}, /^I ID/],
    ['at LOGIN', {}, /^L LOGIN/],
  ])('is refused when the backend closes %s', async (_, script, closeAt) => {
    const backend = await cases.backend({ ...script, closeAt });
    const proxy = await cases.proxy([joe(backend.port, 'proxy_timeout=1')]);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toBe(
      'a NO [UNAVAILABLE] Account is temporarily unavailable.\r\n',
    );
    expect(await client.command('b', 'NOOP')).toBe('b OK NOOP completed.\r\n');
    await client.command('z', 'LOGOUT');
    await proxy.idle();
    expect(backend.openConnections).toBe(0);
  });

  test('is given up after proxy_timeout when the backend is silent', async () => {
    const backend = await cases.backend({ banner: null });
    const proxy = await cases.proxy(
      [joe(backend.port, 'proxy_timeout=200ms')].map((line) => line.replace('200ms', '1')),
    );
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a NO \[UNAVAILABLE\]/);
    expect(proxy.log.join('\n')).toMatch(
      /Login timed out in state=\/none \(after \d secs, local=127\.0\.0\.1:\d+\)/,
    );
  });

  test('that the client does not wait for ends the backend connection too', async () => {
    const backend = await cases.backend({ banner: null });
    const proxy = await cases.proxy([joe(backend.port, 'proxy_timeout=1')]);
    const client = await cases.client(proxy);
    client.send('a LOGIN joe secret\r\n');
    while (backend.connections === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.close();
    await proxy.idle();
    while (backend.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

test('a reload changes new sessions only, and a broken configuration changes nothing', async () => {
  const backend = await cases.backend();
  const proxy = await cases.proxy([joe(backend.port)]);
  const old = await cases.client(proxy);
  await proxy.reload('login_greeting = Changed.\n');
  const fresh = await cases
    .client(proxy)
    .then(() => cases.proxy([joe(backend.port)], 'login_greeting = Changed.\n'));
  expect(await old.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
  expect(fresh.port('imaps')).not.toBe(proxy.port('imaps'));
  await expect(proxy.reload(`ssl_cert = </nonexistent/cert.pem\n`)).rejects.toThrow();
  const still = await cases.client(proxy);
  expect(await still.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
});

test('stopping tells sessions before their login and ends those after it', async () => {
  const backend = await cases.backend();
  const proxy = await cases.proxy([joe(backend.port)]);
  const waiting = await cases.client(proxy);
  const relayed = await cases.client(proxy);
  await relayed.command('a', 'LOGIN joe secret');
  await proxy.stop();
  expect(await waiting.end()).toContain('* BYE Shutting down');
  await relayed.end();
  expect(proxy.log.join('\n')).toContain('Disconnected by proxy: Process shutting down');
});
