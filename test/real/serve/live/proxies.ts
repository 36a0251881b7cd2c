import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DovecotVersion, seriesOf } from '../../../../src/knowledge/versions.js';
import { LOGIN_PROTOCOLS, type LoginProtocol } from '../../../../src/proxy/login-protocols.js';
import { tlsFile } from '../../../serve/tls-files.js';
import { startTree } from '../../servers/dovecot-tree.js';
import { startDvproxy } from '../../servers/dvproxy.js';
import { freePort } from '../../servers/mariadb.js';
import type { Step } from './case.js';
import { base64 } from './case.js';
import { LISTENERS, liveConfig } from './live-config.js';
import { speak } from './spoken-client.js';

/** A proxy that clients talk to. */
export interface LiveProxy {
  readonly ports: ReadonlyMap<string, number>;
  log(): string;
  /** Ends it and gives its whole log. */
  stop(): Promise<string>;
}

export interface ProxyUsers {
  /** passwd-file lines. */
  readonly users: readonly string[];
  readonly denied: readonly string[];
}

/** Nobody comes from there but who asks whether a proxy is up. */
const ASKING = '127.9.9.9';

const REFUSED: Readonly<Record<LoginProtocol, readonly [steps: readonly Step[], answer: string]>> = {
  imap: [['', 'a LOGIN nobody wrong', 'b LOGOUT'], 'a NO [AUTHENTICATIONFAILED]'],
  pop3: [['', 'USER nobody', 'PASS wrong', 'QUIT'], '-ERR [AUTH]'],
  submission: [['', 'EHLO x', `AUTH PLAIN ${base64('\0nobody\0wrong')}`, 'QUIT'], '535 '],
  sieve: [['', `AUTHENTICATE "PLAIN" "${base64('\0nobody\0wrong')}"`, 'LOGOUT'], 'NO "Auth'],
};

/**
 * A login process that greets may still wait for the auth process: it is ready when a login is refused as it should.
 */
function loginWorks(protocol: LoginProtocol, port: number): () => Promise<boolean> {
  const [steps, answer] = REFUSED[protocol];
  const options = { protocol, port, localAddress: ASKING, implicitTls: false, steps };
  return async () => (await speak(options)).heard.includes(answer);
}

function files({ users, denied }: ProxyUsers): Record<string, string> {
  return {
    users: users.map((line) => `${line}\n`).join(''),
    denied: denied.map((line) => `${line}\n`).join(''),
    'proxy.pem': tlsFile('proxy.pem').toString('latin1'),
    'proxy.key': tlsFile('proxy.key').toString('latin1'),
    'ca.pem': tlsFile('ca.pem').toString('latin1'),
  };
}

const NAMES = LISTENERS.flatMap(({ clear, tls }) => (tls === null ? [clear] : [clear, tls]));

/** The real one. */
export async function startRealProxy(version: DovecotVersion, users: ProxyUsers): Promise<LiveProxy> {
  const ports = new Map<string, number>();
  for (const name of NAMES) ports.set(name, await freePort());
  const config = liveConfig(seriesOf(version), ports);
  const checks = LOGIN_PROTOCOLS.map((protocol) => loginWorks(protocol, ports.get(protocol) ?? 0));
  const tree = await startTree(version, { ...files(users), 'dovecot.conf': config }, checks);
  const stop = async () => {
    await tree.end();
    const log = tree.log();
    await tree.stop();
    return log;
  };
  return { ports, log: tree.log, stop };
}

/** dvproxy with the same configuration, on ports of its own. */
export async function startOurProxy(version: DovecotVersion, users: ProxyUsers): Promise<LiveProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-live-'));
  const config = liveConfig(seriesOf(version), new Map(NAMES.map((name) => [name, 0])));
  for (const [name, text] of Object.entries({ ...files(users), 'dovecot.conf': config }))
    writeFileSync(join(folder, name), text.replaceAll('@DIR@', folder), 'latin1');
  const listen = NAMES.flatMap((name) => ['--listen', `${name}=127.0.0.1:0`]);
  const server = await startDvproxy(['-c', join(folder, 'dovecot.conf'), ...listen], false);
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
    return server.log();
  };
  return { ports: new Map(NAMES.map((name) => [name, server.portOf(name)])), log: server.log, stop };
}
