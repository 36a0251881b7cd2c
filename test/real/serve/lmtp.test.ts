import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DovecotVersion, seriesOf } from '../../../src/knowledge/versions.js';
import { LmtpBackendDouble } from '../../serve/lmtp-backend.js';
import { dovecotServerMissing } from '../servers/dovecot.js';
import { LMTP_SETUP } from './live/lmtp-config.js';
import { type LiveProxy, startOurProxy, startRealProxy } from './live/proxies.js';

const VERSIONS: readonly DovecotVersion[] = ['2.3.19.1', '2.4.1'];

const PYTHON = `
import json, smtplib, sys
out = {}
s = smtplib.LMTP('127.0.0.1', int(sys.argv[1]))
try:
    out['refused'] = {k: [c, m.decode()] for k, (c, m) in s.sendmail('a@example.org', ['one@example.com', 'nobody@example.com', 'two@example.com'], 'Subject: x\\r\\n\\r\\nbody\\r\\n').items()}
    s.quit()
except smtplib.SMTPException as e:
    out['error'] = str(e)
print(json.dumps(out))
`;

/** What differs from one run to the next. */
function masked(text: string): string {
  return text
    .replace(/(^|[ =])[A-Za-z0-9+/]{22}(?=[:) \r\n]|$)/gm, '$1*')
    .replace(/[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d{4} [0-9:]{8} [+-]\d{4}/g, '*');
}

/** What other clients say and see is in `live/lmtp-cases.ts`. */
describe.each(VERSIONS)('smtplib behind Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null)(`of ${seriesOf(version)}`, () => {
    const backends = new Map<string, LmtpBackendDouble>();
    let real: LiveProxy;
    let ours: LiveProxy;

    beforeAll(async () => {
      backends.set('one', await LmtpBackendDouble.start());
      backends.set('two', await LmtpBackendDouble.start({ capabilities: ['PIPELINING', '8BITMIME'] }));
      const users = [...backends].map(
        ([name, { port }]) => `${name}@example.com:x::::::proxy host=127.0.0.1 port=${port}`,
      );
      real = await startRealProxy(version, LMTP_SETUP, () => ({ users, denied: [] }));
      ours = await startOurProxy(version, LMTP_SETUP, () => ({ users, denied: [] }));
    });
    afterAll(async () => {
      await ours?.stop();
      await real?.stop();
      for (const backend of backends.values()) await backend.stop();
    });

    /** What the client was told, and what backends got; a last QUIT may come after the client has gone. */
    const sent = async ({ ports }: LiveProxy) => {
      const { stdout } = await promisify(execFile)('python3', ['-c', PYTHON, String(ports.get('lmtp'))]);
      const open = () => [...backends.values()].filter(({ openConnections }) => openConnections > 0).length;
      await expect.poll(open, { timeout: 60_000 }).toBe(0);
      const got = [...backends].map(([name, backend]) => ({
        name,
        lines: backend.lines.splice(0).map(masked),
        messages: backend.messages.splice(0).map(masked),
      }));
      return { told: JSON.parse(stdout) as unknown, got };
    };

    test('sees the same of dvproxy, and so do backends', async () => {
      const expected = await sent(real);
      expect(expected.got.map(({ messages }) => messages.length)).toEqual([1, 1]);
      expect(await sent(ours)).toEqual(expected);
    });
  });
});
