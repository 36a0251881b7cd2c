import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { joe, setUpCases } from './cases.js';
import { tlsPath } from './tls-files.js';

const cases = setUpCases();
const UNAVAILABLE = 'a NO [UNAVAILABLE] Account is temporarily unavailable.\r\n';

describe('TLS of clients', () => {
  test('may be there from the start', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.tlsClient(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
    await client.command('z', 'LOGOUT');
    await proxy.idle();
    expect(proxy.log.join('\n')).toMatch(/lip=127\.0\.0\.1, TLS, session=</);
  });

  test('may begin with STARTTLS, once', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.client(proxy);
    expect(await client.command('1', 'CAPABILITY')).toContain(' STARTTLS ');
    expect(await client.command('2', 'STARTTLS')).toBe('2 OK Begin TLS negotiation now.\r\n');
    await client.startTls();
    expect(await client.command('3', 'CAPABILITY')).not.toContain('STARTTLS');
    expect(await client.command('4', 'STARTTLS')).toBe('4 BAD TLS is already active.\r\n');
    expect(await client.command('5', 'LOGIN joe secret')).toContain('5 OK ');
    expect(await client.command('6', 'NOOP')).toBe('6 OK done\r\n');
  });

  test('never runs a command that was sent in clear behind STARTTLS', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.client(proxy);
    client.send('1 STARTTLS\r\n2 LOGIN joe secret\r\n');
    expect(await client.until(/\n/)).toBe('1 OK Begin TLS negotiation now.\r\n');
    expect(await client.end()).not.toContain('2 ');
    await proxy.idle();
    expect(backend.connections).toBe(0);
    expect(proxy.log.join('\n')).toContain('TLS handshaking');
  });

  test.each([
    ['pop3', 'STLS\r\nUSER joe\r\nPASS secret\r\n', '+OK Begin TLS negotiation now.\r\n'],
    ['submission', 'STARTTLS\r\nAUTH PLAIN AGpvZQBzZWNyZXQ=\r\n', '220 2.0.0 Begin TLS negotiation now.\r\n'],
    [
      'sieve',
      'STARTTLS\r\nAUTHENTICATE "PLAIN" "AGpvZQBzZWNyZXQ="\r\n',
      'OK "Begin TLS negotiation now."\r\n',
    ],
  ] as const)('never does so in %s either', async (protocol, sent, answer) => {
    const backend = await cases.lineBackend('', () => '');
    const proxy = await cases.proxy([joe(backend.port)]);
    const client = await cases.connect(proxy, protocol);
    await client.until(/ready\.[^\n]*\n/);
    client.send(sent);
    expect(await client.until(/\n/)).toBe(answer);
    // An alert of TLS is all that follows.
    expect(await client.end()).not.toMatch(/OK|NO|ERR|235|535/);
    await proxy.idle();
    expect(backend.connections).toBe(0);
  });

  test('is required before a login where the configuration says so', async () => {
    const proxy = await cases.proxy([joe(1)], 'ssl = required\nlisten = 127.0.0.1\n');
    const client = await cases.client(proxy);
    // The same machine counts as safe; the greeting shows what others would get.
    expect(await client.command('a', 'CAPABILITY')).toContain('STARTTLS');
  });
});

describe('TLS to the backend', () => {
  test.each([
    ['implicit', 'ssl=any-cert', 'implicit'],
    ['STARTTLS', 'starttls=any-cert', 'starttls'],
  ] as const)('%s with any certificate', async (_, fields, tls) => {
    const backend = await cases.backend({ tls, certificate: 'stranger' });
    const proxy = await cases.proxy([joe(backend.port, fields)]);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
    expect(await client.command('b', 'NOOP')).toBe('b OK done\r\n');
    expect(backend.lines).toContain('L LOGIN "joe" "secret"');
  });

  test.each(['implicit', 'starttls'] as const)('%s with a certificate that fits the name', async (tls) => {
    const backend = await cases.backend({ tls });
    const field = tls === 'implicit' ? 'ssl=yes' : 'starttls=yes';
    const proxy = await cases.proxy([
      `joe:secret::::::proxy host=backend.example.com hostip=127.0.0.1 port=${backend.port} ${field}`,
    ]);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toMatch(/^a OK /);
  });

  test.each([
    ['of an unknown authority', 'stranger', 'self-signed certificate: /CN=backend.example.com'],
    ['for another name', 'proxy', "SSL certificate doesn't match expected host name backend.example.com"],
  ])('sends no password to a backend with a certificate %s', async (_, certificate, log) => {
    for (const tls of ['implicit', 'starttls'] as const) {
      const backend = await cases.backend({ tls, certificate });
      const field = tls === 'implicit' ? 'ssl=yes' : 'starttls=yes';
      const proxy = await cases.proxy([
        `joe:secret::::::proxy host=backend.example.com hostip=127.0.0.1 port=${backend.port} ${field}`,
      ]);
      const client = await cases.client(proxy);
      expect(await client.command('a', 'LOGIN joe secret')).toBe(UNAVAILABLE);
      expect(backend.lines.join('\n')).not.toContain('secret');
      expect(proxy.log.join('\n')).toContain(`Failed to start SSL handshake: `);
      expect(proxy.log.join('\n')).toContain(log);
    }
  });

  test('fails with a backend that speaks in clear', async () => {
    const backend = await cases.backend();
    const proxy = await cases.proxy([joe(backend.port, 'ssl=any-cert')]);
    const client = await cases.client(proxy);
    expect(await client.command('a', 'LOGIN joe secret')).toBe(UNAVAILABLE);
    expect(proxy.log.join('\n')).toContain(
      'SSL_connect() failed: error:0A00010B:SSL routines::wrong version number',
    );
  });
});

describe('the handshake with clients', () => {
  /** Subject of the certificate that is shown, protocol and cipher; the error's code where there is none. */
  function handshake(port: number, options: ConnectionOptions): Promise<string> {
    return new Promise((resolve) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
        const { subject } = socket.getPeerCertificate();
        resolve(`${subject.CN} ${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  test('shows the certificate of the name that the client asks for', async () => {
    const settings = `local_name other.example.com {
  ssl_cert = <${tlsPath('stranger.pem')}
  ssl_key = <${tlsPath('stranger.key')}
}
`;
    const proxy = await cases.proxy([], settings);
    const port = proxy.port('imaps');
    expect(await handshake(port, { servername: 'other.example.com' })).toMatch(/^backend\.example\.com /);
    expect(await handshake(port, { servername: 'proxy.example.com' })).toMatch(/^proxy\.example\.com /);
    expect(await handshake(port, {})).toMatch(/^proxy\.example\.com /);
  });

  test('refuses protocols below ssl_min_protocol', async () => {
    const proxy = await cases.proxy([], 'ssl_min_protocol = TLSv1.3\n');
    const port = proxy.port('pop3s');
    expect(await handshake(port, { maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    expect(await handshake(port, {})).toContain(' TLSv1.3 ');
    await proxy.idle();
    expect(proxy.log.join('\n')).toContain('unsupported protocol');
  });

  /** What a client with TLS 1.2 sees; the error's code where there is no handshake. */
  function seen(port: number, look: (socket: TLSSocket) => string | Promise<string>, options = {}) {
    return new Promise<string>((resolve) => {
      const all: ConnectionOptions = { port, host: '127.0.0.1', rejectUnauthorized: false, ...options };
      const socket = connectTls({ maxVersion: 'TLSv1.2', ...all }, async () => {
        resolve(await look(socket));
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  test.each([
    ['', 'a ticket'],
    ['ssl_options = no_ticket\n', 'none'],
    ['ssl_options = Compression, NO_TICKET\n', 'none'],
  ])('gives tickets unless ssl_options say no_ticket: %s', async (settings, expected) => {
    const proxy = await cases.proxy([], settings);
    const ticket = (socket: TLSSocket) => (socket.getTLSTicket() === undefined ? 'none' : 'a ticket');
    expect(await seen(proxy.port('imaps'), ticket)).toBe(expected);
  });

  test('has the curves of ssl_curve_list', async () => {
    const proxy = await cases.proxy([], 'ssl_curve_list = P-384\n');
    const curve = (socket: TLSSocket) => {
      const info = socket.getEphemeralKeyInfo();
      return info !== null && 'name' in info ? String(info.name) : '';
    };
    const port = proxy.port('imaps');
    expect(await seen(port, curve)).toBe('secp384r1');
    expect(await seen(port, curve, { ecdhCurve: 'X25519', maxVersion: 'TLSv1.3' })).toMatch(
      /HANDSHAKE_FAILURE/,
    );
  });

  test('is not had again by a client on the same connection', async () => {
    const proxy = await cases.proxy([]);
    const again = (socket: TLSSocket) =>
      new Promise<string>((resolve) => {
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
        socket.renegotiate({ rejectUnauthorized: false }, (error) =>
          resolve(error?.message ?? 'renegotiated'),
        );
      });
    expect(await seen(proxy.port('imaps'), again)).toMatch(/NO_RENEGOTIATION/);
    await proxy.idle();
  });

  test.each(['LATEST', 'tlsv1.3'])('takes ssl_min_protocol = %s', async (name) => {
    const proxy = await cases.proxy([], `ssl_min_protocol = ${name}\n`);
    expect(await handshake(proxy.port('imaps'), { maxVersion: 'TLSv1.2' })).toMatch(/PROTOCOL_VERSION/);
    expect(await handshake(proxy.port('imaps'), {})).toContain(' TLSv1.3 ');
  });

  test('offers the ciphers of ssl_cipher_list', async () => {
    const proxy = await cases.proxy([], 'ssl_cipher_list = ECDHE-RSA-AES256-GCM-SHA384\n');
    const port = proxy.port('imaps');
    expect(await handshake(port, { maxVersion: 'TLSv1.2' })).toContain('ECDHE-RSA-AES256-GCM-SHA384');
    expect(await handshake(port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).toMatch(
      /HANDSHAKE_FAILURE/,
    );
  });
});
