import { expect, test } from 'vitest';
import { LOGIN_PROTOCOLS } from '../../src/proxy/login-protocols.js';
import { Replayer } from './replay.js';
import { loadTranscripts } from './transcript.js';

// Dovecot auth-request.c auth_request_proxy_dns_callback: the first address is the hostip, the login process has no other.
test.each(
  LOGIN_PROTOCOLS.flatMap(
    (protocol) =>
      [
        [protocol, '2.3.19.1'],
        [protocol, '2.4.1'],
      ] as const,
  ),
)(
  '%s %s: of a host name with several addresses the first one is tried, again and again',
  (protocol, version) => {
    const recorded = loadTranscripts(protocol, version).find(({ name }) => name === 'backend-refused');
    if (recorded === undefined) throw new Error('not recorded');
    const fields = Object.fromEntries(
      Object.entries(recorded.fields).map(([user, text]) => [
        user,
        text.replace('host=127.0.0.1', 'host=two.example.com'),
      ]),
    );
    const log = new Replayer({ ...recorded, fields }).run().log.join('\n');
    expect(new Set(log.match(/connect\(127[0-9.]+/g))).toEqual(new Set(['connect(127.0.0.1']));
    expect(log).toMatch(/3 reconnects/);
  },
);
