import { describe, expect, test } from 'vitest';
import { loadText } from './table-host.js';

describe('effective settings', () => {
  test('a filter is in force for the connections that it matches only', () => {
    const { effective } = loadText(
      'login_greeting = a\nprotocol imap {\n login_greeting = b\n}\nlocal 10.0.0.0/8 {\n protocol imap {\n  login_greeting = c\n }\n}\nlocal_name "*.example x.test" {\n login_greeting = d\n}\n',
    );
    const greeting = (filter: Parameters<typeof effective.login>[0]) => effective.login(filter).greeting;
    expect(greeting({ protocol: 'pop3' })).toBe('a');
    expect(greeting({ protocol: 'imap' })).toBe('b');
    expect(greeting({ protocol: 'imap', localIp: '10.1.2.3' })).toBe('c');
    expect(greeting({ protocol: 'pop3', localIp: '10.1.2.3' })).toBe('a');
    expect(greeting({ protocol: 'pop3', localName: 'Mail.example' })).toBe('d');
    expect(greeting({ protocol: 'pop3', localName: 'a.b.example' })).toBe('a');
    expect(greeting({ protocol: 'pop3', localName: 'x.test' })).toBe('d');
  });

  test('values come typed, with their origin', () => {
    const { effective } = loadText(
      'auth_cache_ttl = 2 mins\npassdb {\n driver = pam\n result_failure = return\n}\n',
    );
    const auth = effective.auth();
    expect(auth.cacheTtl).toBe(120_000);
    expect(auth.passdbs[0]?.resultFailure).toMatchObject({ value: 'return', origin: { line: 4 } });
    expect(auth.passdbs[0]?.resultSuccess).toEqual({ value: 'return-ok', origin: null });
  });

  test('listeners are those of the protocols that are on, ports 0 left out', () => {
    const { effective } = loadText(
      'protocols = imap lmtp\nlisten = 127.0.0.1, ::1\nservice imap-login {\n inet_listener imap {\n  port = 0\n }\n inet_listener proxied {\n  port = 1143\n  haproxy = yes\n  address = 10.0.0.1\n }\n}\n',
    );
    expect(
      effective
        .listeners()
        .map(({ name, port, ssl, haproxy, addresses }) => ({ name, port, ssl, haproxy, addresses })),
    ).toEqual([
      { name: 'imaps', port: 993, ssl: true, haproxy: false, addresses: ['127.0.0.1', '::1'] },
      { name: 'proxied', port: 1143, ssl: false, haproxy: true, addresses: ['10.0.0.1'] },
    ]);
  });

  test('services have their limits, the defaults included', () => {
    const { effective } = loadText(
      'default_client_limit = 50\nservice imap-login {\n service_count = 0\n}\n',
    );
    expect(effective.service('imap-login')).toMatchObject({
      clientLimit: 50,
      processLimit: 100,
      serviceCount: Number.POSITIVE_INFINITY,
      vszLimit: 256 * 1024 * 1024,
    });
    expect(effective.service('nobody')).toBeNull();
  });

  test('files of certificates are paths against the file that names them', () => {
    const { effective } = loadText('ssl_cert = <ssl/a.pem\nssl_key = inline text\n');
    const { tlsServer } = effective.login({});
    expect(tlsServer.certificate).toMatchObject({ path: '/etc/dovecot/ssl/a.pem', inline: null });
    expect(tlsServer.key).toMatchObject({ path: null, inline: 'inline text' });
  });

  test('variables are expanded as the servers see them', () => {
    const { effective } = loadText('mail_location = x\nlogin_greeting = $mail_location y\n');
    expect(effective.setting('login_greeting')?.text).toBe('x y');
    expect(effective.setting('no_such')).toBeNull();
  });
});
