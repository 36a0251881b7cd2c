import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './mariadb.js';

const SERVER = '/usr/sbin/slapd';

/** Why no OpenLDAP server can be started here; null: it can. */
export function openldapMissing(): string | null {
  return existsSync(SERVER) ? null : 'slapd is not installed';
}

/** An OpenLDAP server of a test: its own data folder, 127.0.0.1 on a free port, a socket in the same folder. */
export interface OpenldapServer {
  readonly port: number;
  /** Ends the server but keeps its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes its data. */
  remove(): Promise<void>;
}

export const LDAP_SUFFIX = 'dc=example,dc=com';
export const LDAP_ADMIN = `cn=admin,${LDAP_SUFFIX}`;
export const LDAP_ADMIN_PASSWORD = 'adminpw';

/** Starts slapd with the entries of an LDIF text. Only the administrator may read passwords. */
export async function startOpenldap(ldif: string): Promise<OpenldapServer> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-slapd-'));
  const port = await freePort();
  const config = join(folder, 'slapd.conf');
  mkdirSync(join(folder, 'data'));
  const schemas = ['core', 'cosine', 'nis', 'inetorgperson'].map(
    (name) => `include /etc/ldap/schema/${name}.schema`,
  );
  writeFileSync(
    config,
    `${schemas.join('\n')}
pidfile ${folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit 10
database mdb
maxsize 16777216
suffix "${LDAP_SUFFIX}"
rootdn "${LDAP_ADMIN}"
rootpw ${LDAP_ADMIN_PASSWORD}
directory ${folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`,
  );
  const entries = join(folder, 'entries.ldif');
  writeFileSync(entries, ldif);
  execFileSync('/usr/sbin/slapadd', ['-f', config, '-l', entries], { stdio: 'pipe' });

  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    child = spawn(SERVER, ['-d', '0', '-f', config, '-h', `ldap://127.0.0.1:${port}/`], { stdio: 'ignore' });
    for (let attempt = 0; attempt < 200; attempt++) {
      if (child.exitCode !== null) break;
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('slapd did not start');
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    running.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    port,
    start,
    stop,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
