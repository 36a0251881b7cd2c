import { join } from 'node:path';
import { toUtf8 } from '../../../grammar/bytes.js';
import { authenticate } from '../../../src/auth/authenticate.js';
import { type Chain, openChain } from '../../../src/auth/chain.js';
import { lookUpUser, openUserdbs, type Userdbs } from '../../../src/auth/look-up-user.js';
import type { AuthRequest } from '../../../src/auth/request.js';
import { DEFAULTS } from '../../../src/cli/expand-scope.js';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { nodeSystem } from '../../../src/cli/node-system.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { userdbOpener } from '../../../src/databases/open-userdb.js';
import { systemIds } from '../../../src/databases/system-ids.js';
import { allUsers } from '../../../src/databases/user-list.js';
import { type DovecotVersion, seriesOf } from '../../../src/knowledge/versions.js';
import { doveadmReport } from '../../../src/report/simulation-doveadm.js';
import { loginUserdbReport, userReport } from '../../../src/report/userdb-doveadm.js';
import { type DovecotAuth, withoutNumbers } from './dovecot-auth.js';

/** The chain and the userdbs of a configuration, opened by dvproxy. */
export interface OpenedUserdbs {
  readonly chain: Chain;
  readonly userdbs: Userdbs;
  close(): Promise<void>;
}

function configOf({ directory, realDirectory }: DovecotAuth, version: DovecotVersion) {
  const config = loadConfig({
    path: join(realDirectory, 'dovecot.conf'),
    host: nodeConfigHost(),
    version,
    maps: directory === realDirectory ? [] : [{ from: directory, to: realDirectory }],
  });
  const mapPath = (path: string): string =>
    path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path;
  return { config, mapPath };
}

export async function openUserdbsOf(server: DovecotAuth, version: DovecotVersion): Promise<OpenedUserdbs> {
  const { config, mapPath } = configOf(server, version);
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

/** What `doveadm` asks. */
export function requestFor(user: string, password: string | null): AuthRequest {
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

/** Without lines that number the connections of doveadm. */
export function withoutMaster(text: string): string {
  return text.replace(/^Error: auth-master: .*\n/gm, '');
}

/** What `doveadm user -u` would say, and the log. */
export async function ourUser({ userdbs }: OpenedUserdbs, version: DovecotVersion, user: string) {
  const answer = await lookUpUser({ request: requestFor(user, null), login: null }, userdbs);
  const { stdout, stderr, exitCode } = userReport(answer, seriesOf(version), user);
  return { stdout, stderr, exitCode, log: logOf(answer.log) };
}

/** What `doveadm auth login` would say, and the log. */
export async function ourLogin(
  { chain, userdbs }: OpenedUserdbs,
  version: DovecotVersion,
  user: string,
  password: string,
) {
  const request = requestFor(user, password);
  const login = await authenticate(request, chain);
  const passdb = doveadmReport({ version, question: { user }, request, answer: login });
  const answer = await lookUpUser({ request, login }, userdbs);
  const { stdout, stderr, exitCode } = loginUserdbReport(answer, seriesOf(version), user);
  return {
    stdout: passdb.stdout + stdout,
    stderr,
    exitCode,
    log: [...logOf(login.log), ...logOf(answer.log)],
  };
}

function logOf(log: readonly { readonly level: string; readonly line?: string }[]): string[] {
  return log
    .filter(({ level }) => level !== 'debug')
    .flatMap(({ line }) => (line ?? '').split('\n').map(withoutNumbers));
}

/** What `doveadm user '*'` would list. */
export async function ourUserList(server: DovecotAuth, version: DovecotVersion): Promise<string[]> {
  const { config, mapPath } = configOf(server, version);
  const databases = createDatabases({ config, mapPath });
  const scope = { auth: DEFAULTS, providers: new Map(), system: nodeSystem() };
  const names: string[] = [];
  try {
    for await (const name of allUsers({ config, databases, scope, mapPath, protocol: 'doveadm' }))
      names.push(toUtf8(name));
  } finally {
    await databases.close();
  }
  return names;
}
