import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../../src/auth/authenticate.js';
import { type Chain, openChain } from '../../../src/auth/chain.js';
import { lookUpUser, openUserdbs, type Userdbs } from '../../../src/auth/look-up-user.js';
import type { AuthRequest } from '../../../src/auth/request.js';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { nodeSystem } from '../../../src/cli/node-system.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { userdbOpener } from '../../../src/databases/open-userdb.js';
import { systemIds } from '../../../src/databases/system-ids.js';
import { type DovecotVersion, seriesOf } from '../../../src/knowledge/versions.js';
import { doveadmReport } from '../../../src/report/simulation-doveadm.js';
import { loginUserdbReport, userReport } from '../../../src/report/userdb-doveadm.js';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { userdbSetups } from './userdb-setups.js';

interface Opened {
  readonly chain: Chain;
  readonly userdbs: Userdbs;
  close(): Promise<void>;
}

async function openOurs(server: DovecotAuth, version: DovecotVersion): Promise<Opened> {
  const { directory, realDirectory } = server;
  const config = loadConfig({
    path: join(realDirectory, 'dovecot.conf'),
    host: nodeConfigHost(),
    version,
    maps: directory === realDirectory ? [] : [{ from: directory, to: realDirectory }],
  });
  const mapPath = (path: string) =>
    path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path;
  const databases = createDatabases({ config, mapPath });
  const chain = await openChain({
    settings: config.effective.auth({ protocol: 'doveadm' }),
    open: databases.openPassdb,
    system: nodeSystem(),
    resolve: async () => ({ kind: 'not-asked' }),
  });
  const systemId = systemIds(false);
  const userdbs = await openUserdbs(chain, userdbOpener({ config, databases, systemId, mapPath }), systemId);
  return {
    chain,
    userdbs,
    async close() {
      await userdbs.close();
      await chain.close();
      await databases.close();
    },
  };
}

function requestFor(user: string, password: string | null): AuthRequest {
  return {
    user,
    authorizationId: '',
    password,
    mode: password === null ? 'lookup' : 'verify',
    mechanism: password === null ? '' : 'PLAIN',
    protocol: 'doveadm',
    localIp: '',
    localPort: 0,
    remoteIp: '',
    remotePort: 0,
    realLocalIp: '',
    realLocalPort: 0,
    realRemoteIp: '',
    realRemotePort: 0,
    localName: '',
    clientId: '',
    session: '',
    secured: '',
    validClientCertificate: false,
    forward: [],
    login: password !== null,
  };
}

/** Numbers and times that differ from run to run. */
function comparable(text: string): string {
  return text.replace(/^Error: auth-master: .*\n/gm, '');
}

describe.each(['2.3.19.1', '2.4.1'] as const)('userdbs beside %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    console.log(`skipped: ${missing}`);
    if (process.env['CI'] === 'true') test('Dovecot is installed', () => expect(missing).toBeNull());
    return;
  }
  describe.each(userdbSetups(version))('$name', ({ config, files }) => {
    let server: DovecotAuth;
    let ours: Opened;
    beforeAll(async () => {
      server = startDovecotAuth({ version, config, files });
      ours = await openOurs(server, version);
    });
    afterAll(async () => {
      await ours?.close();
      await server.stop();
    });
    const series = seriesOf(version);

    test.each(['ann', 'bob', 'cid', 'dot', 'eve', 'none'])('doveadm user -u %s', async (user) => {
      const real = server.doveadm(['user', '-u', user]);
      const answer = await lookUpUser({ request: requestFor(user, null), login: null }, ours.userdbs);
      const { stdout, stderr, exitCode } = userReport(answer, series, user);
      expect({ stdout, stderr, exitCode, log: logOf(answer.log) }).toEqual({
        ...real,
        stderr: comparable(real.stderr),
      });
    });

    test.each(['ann', 'bob', 'cid', 'dot', 'eve'])('doveadm auth login %s', async (user) => {
      const real = server.doveadm(['auth', 'login', user, 'pw']);
      const request = requestFor(user, 'pw');
      const login = await authenticate(request, ours.chain);
      const passdb = doveadmReport({ version, question: { user }, request, answer: login });
      const answer = await lookUpUser({ request, login }, ours.userdbs);
      const { stdout, stderr, exitCode } = loginUserdbReport(answer, series, user);
      expect({
        stdout: passdb.stdout + stdout,
        stderr,
        exitCode,
        log: [...logOf(login.log), ...logOf(answer.log)],
      }).toEqual({
        ...real,
        stderr: comparable(real.stderr),
      });
    });
  });
});

function logOf(log: readonly { readonly level: string; readonly line?: string }[]): string[] {
  return log.filter(({ level }) => level !== 'debug').map(({ line }) => line ?? '');
}
