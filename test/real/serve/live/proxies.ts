import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DovecotVersion, seriesOf } from '../../../../src/knowledge/versions.js';
import type { ServedProtocol } from '../../../../src/proxy/login-protocols.js';
import { tlsFile } from '../../../serve/tls-files.js';
import { startTree } from '../../servers/dovecot-tree.js';
import { startDvproxy } from '../../servers/dvproxy.js';
import { freePort } from '../../servers/mariadb.js';
import type { Step } from './case.js';
import { base64 } from './case.js';
import type { LiveSetup } from './live-config.js';
import { speak } from './spoken-client.js';

/** A proxy that clients talk to. */
export interface LiveProxy {
  readonly ports: ReadonlyMap<string, number>;
  log(): string;
  /** Ends it and gives its whole log. */
  stop(): Promise<string>;
}

interface ProxyUsers {
  /** passwd-file lines. */
  readonly users: readonly string[];
  readonly denied: readonly string[];
}

/** Nobody comes from there but who asks whether a proxy is up. */
const ASKING = '127.9.9.9';

const REFUSED: Readonly<Record<ServedProtocol, readonly [steps: readonly Step[], answer: string]>> = {
  imap: [['', 'a LOGIN nobody wrong', 'b LOGOUT'], 'a NO [AUTHENTICATIONFAILED]'],
  pop3: [['', 'USER nobody', 'PASS wrong', 'QUIT'], '-ERR [AUTH]'],
  submission: [['', 'EHLO x', `AUTH PLAIN ${base64('\0nobody\0wrong')}`, 'QUIT'], '535 '],
  sieve: [['', `AUTHENTICATE "PLAIN" "${base64('\0nobody\0wrong')}"`, 'LOGOUT'], 'NO "Auth'],
  lmtp: [['', 'LHLO x', 'MAIL FROM:<>', 'RCPT TO:<nobody@example.com>', 'QUIT'], '550 5.1.1 '],
};

/**
 * A login process that greets may still wait for the auth process: it is ready when a login is refused as it should.
 */
function loginWorks(protocol: ServedProtocol, port: number): () => Promise<boolean> {
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

/** Users of a proxy whose listeners have these ports. */
export type UsersOf = (ports: ReadonlyMap<string, number>) => ProxyUsers;

function namesOf({ listeners }: LiveSetup): string[] {
  return listeners.flatMap(({ clear, tls }) => (tls === null ? [clear] : [clear, tls]));
}

/** Ports that are free may be taken by somebody else meanwhile: then there are others. */
async function withPorts<T>(
  setup: LiveSetup,
  start: (ports: ReadonlyMap<string, number>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const ports = new Map<string, number>();
    for (const name of namesOf(setup)) ports.set(name, await freePort());
    try {
      return await start(ports);
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** The real one. */
export function startRealProxy(
  version: DovecotVersion,
  setup: LiveSetup,
  usersOf: UsersOf,
): Promise<LiveProxy> {
  return withPorts(setup, async (ports) => {
    const config = setup.config(seriesOf(version), ports);
    const checks = setup.listeners.map(({ clear }) => loginWorks(clear, ports.get(clear) ?? 0));
    const tree = await startTree(version, { ...files(usersOf(ports)), 'dovecot.conf': config }, checks);
    const stop = async () => {
      await tree.end();
      const log = tree.log();
      await tree.stop();
      return log;
    };
    return { ports, log: tree.log, stop };
  });
}

/** dvproxy with the same configuration, on ports of its own. */
export function startOurProxy(
  version: DovecotVersion,
  setup: LiveSetup,
  usersOf: UsersOf,
): Promise<LiveProxy> {
  return withPorts(setup, async (ports) => {
    const folder = mkdtempSync(join(tmpdir(), 'dvproxy-live-'));
    const config = setup.config(seriesOf(version), ports);
    for (const [name, text] of Object.entries({ ...files(usersOf(ports)), 'dovecot.conf': config }))
      writeFileSync(join(folder, name), text.replaceAll('@DIR@', folder), 'latin1');
    const server = await startDvproxy(['-c', join(folder, 'dovecot.conf')], false);
    const stop = async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
      return server.log();
    };
    return { ports, log: server.log, stop };
  });
}
