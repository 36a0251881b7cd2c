import { describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { decideLogin } from '../../src/proxy/decide-login.js';
import type { Destination } from '../../src/proxy/destination.js';
import type { LoginContext } from '../../src/proxy/login-decision.js';
import { authAnswer } from './auth-answer.js';

const BOTH: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];

const CONTEXT: LoginContext = {
  version: '2.3.19.1',
  protocol: 'imap',
  localIp: '127.0.0.1',
  localPort: 143,
  clientPassword: 'secret',
  proxyTimeoutMs: 30_000,
  proxyTtl: 5,
};

function decide(fields: string, version: DovecotVersion = '2.3.19.1', changes: Partial<LoginContext> = {}) {
  return decideLogin(authAnswer('u@example.com', fields), { ...CONTEXT, version, ...changes });
}

function destination(...args: Parameters<typeof decide>): Destination {
  const decision = decide(...args);
  if (decision.kind !== 'proxy') throw new Error(`expected a destination, not ${JSON.stringify(decision)}`);
  return decision.destination;
}

describe.each(BOTH)('a successful answer for Dovecot %s', (version) => {
  test.each(['proxy=y', 'proxy', 'proxy=no', 'proxy=0', 'proxy='])('%s proxies', (proxy) => {
    expect(destination(`${proxy} host=10.0.0.1`, version)).toMatchObject({
      host: '10.0.0.1',
      ip: '10.0.0.1',
      port: 143,
      tls: 'none',
      user: 'u@example.com',
      password: 'secret',
      mechanism: null,
      timeoutMs: 30_000,
    });
  });

  test.each([
    ['ssl=no starttls=no', 'starttls', true],
    ['ssl=no starttls=any-cert', 'starttls', false],
    ['ssl=any-cert starttls=no', 'starttls', false],
    ['ssl=any-cert', 'implicit', false],
    ['ssl=ANY-CERT', 'implicit', true],
    ['ssl', 'implicit', true],
    ['starttls=', 'starttls', true],
  ])('%s means %s, certificate verified: %s', (fields, tls, verifyCertificate) => {
    expect(destination(`proxy host=10.0.0.1 ${fields}`, version)).toMatchObject({ tls, verifyCertificate });
  });

  test('the last value of a field wins and flags add up', () => {
    const fields = 'proxy host=10.0.0.1 host=10.0.0.2 ssl=any-cert ssl=yes port=1 port=2';
    expect(destination(fields, version)).toMatchObject({ ip: '10.0.0.2', verifyCertificate: false, port: 2 });
  });

  test.each([
    ['5', 5000],
    ['1500ms', 1500],
    ['2s', 2000],
    ['1 min', 60_000],
    ['0', 30_000],
  ])('proxy_timeout=%s is %i ms', (value, ms) => {
    const answer = authAnswer('u', 'proxy host=10.0.0.1');
    const fields = [...answer.fields, { name: 'proxy_timeout', value, from: { kind: 'client' } as const }];
    expect(decideLogin({ ...answer, fields }, { ...CONTEXT, version })).toMatchObject({
      destination: { timeoutMs: ms },
    });
  });

  test('a master user forces PLAIN unless proxy_mech names another mechanism', () => {
    expect(destination('proxy host=10.0.0.1 master=admin pass=p', version)).toMatchObject({
      master: 'admin',
      mechanism: 'PLAIN',
      password: 'p',
    });
    expect(destination('proxy host=10.0.0.1 master= proxy_mech=login', version)).toMatchObject({
      master: '',
      mechanism: 'LOGIN',
    });
  });

  test('forward fields are kept in their order without the prefix', () => {
    expect(destination('proxy host=10.0.0.1 forward_b=1 forward_a', version).forward).toEqual([
      ['b', '1'],
      ['a', null],
    ]);
  });

  test('a host name without hostip has no address yet', () => {
    expect(destination('proxy host=mail.example.com', version).ip).toBeNull();
    expect(destination('proxy host=mail.example.com hostip=10.0.0.9', version)).toMatchObject({
      host: 'mail.example.com',
      ip: '10.0.0.9',
    });
  });

  test('proxying to the own address and port is a loop unless the user changes', () => {
    const loop = decide('proxy host=127.0.0.1', version);
    expect(loop).toMatchObject({
      kind: 'failed',
      cause: 'loop',
      failureClass: 'internal',
      log: 'proxy(u@example.com): Proxying loops to itself',
    });
    expect(decide('proxy host=127.0.0.1 destuser=x', version).kind).toBe('proxy');
    expect(decide('proxy host=127.0.0.1 port=144', version).kind).toBe('proxy');
  });

  test('a TTL that is used up refuses the connection as a configuration error of the remote', () => {
    expect(decide('proxy host=10.0.0.1', version, { proxyTtl: 1 })).toMatchObject({
      kind: 'failed',
      failureClass: 'remote_config',
      log: 'proxy(u@example.com,10.0.0.1:143): Aborting due to remote server: TTL reached zero - proxies appear to be looping?',
    });
  });

  // observed 2.4.1
  test.each(['submission', 'sieve'] as const)(
    'a referral of %s to TLS from the start names no port',
    (protocol) => {
      const { port } = { port: -1, ...decide('nologin ssl host=h', '2.4.1', { protocol }) };
      expect(port).toBeNull();
    },
  );

  test('nologin refuses, with host it refers, without both the login is local', () => {
    expect(decide('nologin', version)).toEqual({ kind: 'nologin', reason: 'Login disabled for this user' });
    expect(decide('nologin reason=Moved', version)).toEqual({ kind: 'nologin', reason: 'Moved' });
    expect(decide('nologin host=a.example.com', version)).toMatchObject({
      kind: 'referral',
      host: 'a.example.com',
      port: null,
      user: 'u@example.com',
    });
    expect(decide('nologin host=a port=144 destuser=d', version)).toMatchObject({ port: 144, user: 'd' });
    expect(decide('host=10.0.0.1', version)).toEqual({ kind: 'local' });
  });

  test('a password that the mechanism hides is missing, one that is only unknown is not', () => {
    const hidden = { clientPassword: null, mechanism: 'CRAM-MD5' };
    expect(decide('proxy host=10.0.0.1', version, hidden).kind).toBe('failed');
    expect(decide('proxy host=10.0.0.1 pass=p', version, hidden).kind).toBe('proxy');
    expect(destination('proxy host=10.0.0.1', version, { clientPassword: null }).password).toBeNull();
  });
});

describe('the default port', () => {
  test.each([
    ['2.3.19.1', 'ssl', 993],
    ['2.3.19.1', 'starttls', 143],
    ['2.3.19.1', 'ssl starttls', 993],
    ['2.3.19.1', 'starttls ssl', 993],
    ['2.4.1', 'ssl', 993],
    ['2.4.1', 'starttls', 143],
    ['2.4.1', 'ssl starttls', 143],
  ] as const)('of %s with %s is %i', (version, fields, port) => {
    expect(destination(`proxy host=10.0.0.1 ${fields}`, version).port).toBe(port);
  });

  test.each([
    ['2.3.19.1', 587],
    ['2.4.1', 0],
  ] as const)('of submission with ssl in %s is %i', (version, port) => {
    expect(destination('proxy host=10.0.0.1 ssl', version, { protocol: 'submission' }).port).toBe(port);
  });
});

describe('a value that cannot be used', () => {
  test('is logged by 2.3, which goes on', () => {
    const decision = decide('proxy host=10.0.0.1 port=0 proxy_timeout=x proxy_refresh=y', '2.3.19.1');
    expect(decision).toMatchObject({
      kind: 'proxy',
      destination: { port: 143, timeoutMs: 30_000 },
      warnings: [
        'Auth service returned invalid port number: 0',
        "BUG: Auth service returned invalid proxy_timeout value 'x': Invalid time interval: x",
        'BUG: Auth service returned invalid proxy_refresh value: y',
      ],
    });
  });

  test.each([
    ['port=70000', "Auth service returned invalid port value '70000': Not a valid port number"],
    ['proxy_timeout=x', "Auth service returned invalid proxy_timeout value 'x': Invalid time interval: x"],
    ['source_ip=abc.', "Auth service returned invalid source_ip value 'abc.': Not a valid IP address"],
    ['hostip=notanip', "Auth service returned invalid hostip value 'notanip': Not a valid IP address"],
  ])('%s is a temporary failure in 2.4', (field, log) => {
    expect(decide(`proxy host=10.0.0.1 ${field}`, '2.4.1')).toMatchObject({
      kind: 'failed',
      cause: 'temporary',
      log,
    });
  });

  test('a missing host crashes the login process of 2.3 and is a temporary failure in 2.4', () => {
    expect(decide('proxy', '2.3.19.1')).toMatchObject({
      cause: 'config',
      log: 'proxy(u@example.com): host not given',
      crash: expect.stringContaining('signal 11'),
    });
    expect(decide('proxy', '2.4.1')).toMatchObject({
      cause: 'temporary',
      log: 'proxy: host field not given',
      crash: null,
    });
  });

  test('a mechanism without a client side is refused; SCRAM came with 2.4', () => {
    const log = 'proxy(u@example.com): Unsupported SASL mechanism SCRAM-SHA-256';
    expect(decide('proxy host=10.0.0.1 proxy_mech=SCRAM-SHA-256', '2.3.19.1')).toMatchObject({ log });
    expect(destination('proxy host=10.0.0.1 proxy_mech=scram-sha-256', '2.4.1').mechanism).toBe(
      'SCRAM-SHA-256',
    );
  });
});

test('source_ip: 2.3 binds to nothing where it is no address, 2.4 checks the family', () => {
  expect(destination('proxy host=10.0.0.1', '2.3.19.1').sourceIp).toBeNull();
  expect(destination('proxy host=10.0.0.1 source_ip=', '2.3.19.1').sourceIp).toBe('');
  expect(destination('proxy host=10.0.0.1 source_ip=', '2.4.1').sourceIp).toBeNull();
  expect(destination('proxy host=10.0.0.1 source_ip=::1', '2.3.19.1').sourceIp).toBe('::1');
  expect(decide('proxy host=10.0.0.1 source_ip=::1', '2.4.1')).toMatchObject({
    log: 'proxy(u@example.com): Source IP (::1) address family does not match destination',
  });
});
