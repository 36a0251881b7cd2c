import { describe, expect, test } from 'vitest';
import { GreetingRefused, lmtpGreeting, loginGreeting } from '../../src/serve/login-greeting.js';
import { joe, setUpCases } from './cases.js';

const cases = setUpCases();
const SYSTEM = {
  hostname: 'vm',
  pid: 77,
  uid: 0,
  gid: 0,
  now: () => 0,
  randomBytes: (count: number) => new Uint8Array(count),
};
const ADDRESSES = { localIp: '127.0.0.1', localPort: 143, remoteIp: '127.0.0.5', remotePort: 4000 };
const IMAP = { protocol: 'imap', localName: '', addresses: ADDRESSES } as const;
const LMTP = { protocol: 'lmtp', localName: '', addresses: ADDRESSES } as const;

describe('login_greeting with variables', () => {
  test('2.3 knows the addresses, the service, the process and the host', () => {
    const template = '[%l|%r|%p|%s|%{local_name}|%{rip}|%{hostname}|%{pid}|%%|%Us] hi';
    expect(loginGreeting(template, { ...IMAP, series: '2.3' }, SYSTEM)).toBe(
      '[127.0.0.1|127.0.0.5|77|imap||127.0.0.5|vm|77|%|IMAP] hi',
    );
  });

  test.each(['%u', '%a', '%{session}', '%{nope}'])('2.3 dies of %s', (template) => {
    expect(() => loginGreeting(template, { ...IMAP, series: '2.3' }, SYSTEM)).toThrow(
      new GreetingRefused(
        `Failed to expand settings: login_greeting: Unknown variable '%${template.replace(/[%{}]/g, '')}'`,
      ),
    );
  });

  test('LMTP of 2.3 knows a user that is not there yet', () => {
    expect(
      lmtpGreeting(
        '[%l|%r|%p|%s|%u|%i|%{session}|%{hostname}|%{auth_user}|%Us]',
        { ...LMTP, series: '2.3' },
        SYSTEM,
      ),
    ).toBe('[127.0.0.1|127.0.0.5|77|lmtp||0||vm||LMTP]');
    expect(() => lmtpGreeting('%{local_name}', { ...LMTP, series: '2.3' }, SYSTEM)).toThrow(
      "Unknown variable '%local_name'",
    );
  });

  test('LMTP of 2.4 knows ports, and neither home nor what is secured', () => {
    const template =
      '[%{local_ip}|%{protocol}|%{user}|%{local_port}|%{service}|%{process:pid}|%{system:hostname}|%{hostname}]';
    expect(lmtpGreeting(template, { ...LMTP, series: '2.4' }, SYSTEM)).toBe(
      '[127.0.0.1|lmtp||143|lmtp|77|vm|vm]',
    );
    expect(() => lmtpGreeting('%{secured}', { ...LMTP, series: '2.4' }, SYSTEM)).toThrow(
      "lmtp settings: Failed to parse configuration: Failed to expand login_greeting setting variables: Unknown variable 'secured'",
    );
  });

  test('clients of every protocol are greeted so', async () => {
    const proxy = await cases.proxy([joe(1)], 'login_greeting = from %s for %r\n');
    for (const [listener, greeting] of [
      ['imap', /^\* OK \[CAPABILITY [^\]]*\] from imap for 127\.0\.0\.1\r\n$/],
      ['pop3', /^\+OK from pop3 for 127\.0\.0\.1\r\n$/],
      ['submission', /^220 \S+ from submission for 127\.0\.0\.1\r\n$/],
      ['lmtp', /^220 \S+ from lmtp for 127\.0\.0\.1\r\n$/],
      ['sieve', /\r\nOK "from sieve for 127\.0\.0\.1"\r\n$/],
    ] as const) {
      const client = await cases.connect(proxy, listener);
      expect(await client.until(/127\.0\.0\.1"?\r\n/)).toMatch(greeting);
    }
  });

  test('2.4 knows all of the client, and the name that it asks for in its TLS hello', () => {
    const template = '%{remote_ip}:%{local_port} %{listener} %{local_name} %{secured}';
    const greet = loginGreeting(template, { ...IMAP, series: '2.4' }, SYSTEM);
    const values: Record<string, string> = {
      remote_ip: '127.0.0.5',
      local_port: '993',
      listener: 'imaps',
      local_name: 'a.example.com',
      secured: 'TLS handshaking',
    };
    expect(
      typeof greet === 'string' ? '' : greet({ get: (name) => values[name], passdb: () => undefined }),
    ).toBe('127.0.0.5:993 imaps a.example.com TLS handshaking');
    expect(() => loginGreeting('%{nope}', { ...IMAP, series: '2.4' }, SYSTEM)).toThrow(
      "Failed to expand login_greeting setting variables: Unknown variable 'nope'",
    );
  });
});
