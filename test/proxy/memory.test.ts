import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createLoginSession } from '../../src/proxy/create-session.js';
import { HostStates } from '../../src/proxy/host-states.js';
import { LmtpSession } from '../../src/proxy/lmtp/lmtp-session.js';
import { LOGIN_PROTOCOLS } from '../../src/proxy/login-protocols.js';
import { Dice } from './random/dice.js';
import { randomLmtpSettings, randomLoginSettings } from './random/random-sessions.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const ADDRESSES = {
  localIp: '127.0.0.1',
  localPort: 1,
  remoteIp: '127.0.0.7',
  remotePort: 2,
  realLocalIp: '127.0.0.1',
  realLocalPort: 1,
  realRemoteIp: '127.0.0.7',
  realRemotePort: 2,
};
const environment = {
  now: () => 1e12,
  randomBytes: (count: number) => new Uint8Array(count),
  hostname: 'proxy',
  pid: 1,
  connectionId: 1,
  nextSourceIp: () => null,
  hosts: new HostStates(),
};
const MEGABYTE = 1_048_576;
/** What never comes to an end. */
const FLOODS: Readonly<Record<string, string>> = {
  'a line': 'a'.repeat(65_536),
  NULs: '\0'.repeat(65_536),
  spaces: ' '.repeat(65_536),
  quotes: '"'.repeat(65_536),
  'a command of many words': `a ${'b '.repeat(32_767)}`,
  literals: 'a LOGIN {60000+}\r\n'.repeat(3000),
  'many lines': 'NOOP\r\n'.repeat(10_000),
};

/** Bytes that stay after 6 MB have come. */
function kept(session: { receive(event: never): unknown }, piece: string): number {
  const receive = (event: unknown) => session.receive(event as never);
  receive({ kind: 'client_connected' });
  collect();
  const before = process.memoryUsage().heapUsed;
  // A new string each time: the same one again would cost nothing.
  for (let sent = 0; sent < 6 * MEGABYTE; sent += piece.length)
    receive({ kind: 'client_data', data: Buffer.from(piece, 'latin1').toString('latin1') });
  collect();
  return process.memoryUsage().heapUsed - before;
}

describe.each(['2.3.19.1', '2.4.1'] as const)('a session of %s keeps little', (version) => {
  test.each(LOGIN_PROTOCOLS)('%s', (protocol) => {
    for (const [name, piece] of Object.entries(FLOODS)) {
      const settings = randomLoginSettings(protocol, version, new Dice(1));
      const session = createLoginSession(protocol, {
        addresses: ADDRESSES,
        listenerName: protocol,
        implicitTls: false,
        environment: { ...environment, settingsFor: () => settings },
      });
      expect(kept(session, piece), name).toBeLessThan(2 * MEGABYTE);
    }
  });

  test('lmtp', () => {
    for (const [name, piece] of Object.entries(FLOODS)) {
      const settings = randomLmtpSettings(version, new Dice(1));
      const session = new LmtpSession({
        addresses: ADDRESSES,
        implicitTls: false,
        environment: { ...environment, settingsFor: () => settings },
      });
      expect(kept(session, piece), name).toBeLessThan(2 * MEGABYTE);
    }
  });
});
