import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const SERVER = ['/usr/sbin/mariadbd', '/usr/sbin/mysqld'].find((path) => existsSync(path));
const INSTALL = ['/usr/bin/mariadb-install-db', '/usr/bin/mysql_install_db'].find((path) => existsSync(path));

/** Why no MariaDB server can be started here; null: it can. */
export function mariadbMissing(): string | null {
  if (SERVER !== undefined && INSTALL !== undefined) return null;
  return 'mariadb-server is not installed';
}

export interface MariadbOptions {
  /** The port to listen on, for a server that comes back where it was. */
  readonly port?: number;
}

/** A MariaDB server of a test: its own data folder, 127.0.0.1 on a free port, a socket in the same folder. */
export interface MariadbServer {
  readonly port: number;
  readonly socket: string;
  readonly user: string;
  readonly password: string;
  /** Runs SQL text through the `mariadb` client as an administrator; gives its standard output. */
  sql(text: string, database?: string): string;
  /** Loads a file through the `mariadb` client. */
  load(path: string, database?: string): void;
  /** Ends the server but keeps its data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes its data. */
  remove(): Promise<void>;
}

/** Handed out by this process before. */
const handedOut = new Set<number>();

/**
 * A port of 127.0.0.1 for a server that must be told one. Below those that the kernel gives to connections and to
 * servers on any port: nobody takes it in the meantime.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (handedOut.has(port)) continue;
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    handedOut.add(port);
    return port;
  }
  throw new Error('no free port');
}

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
}

export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  if (SERVER === undefined || INSTALL === undefined) throw new Error(mariadbMissing() ?? '');
  const program = SERVER;
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-mariadb-'));
  const data = join(folder, 'data');
  const socket = join(folder, 'server.sock');
  const log = join(folder, 'server.log');
  const asRoot = userInfo().uid === 0 ? ['--user=root'] : [];
  const port = options.port ?? (await freePort());
  execFileSync(
    INSTALL,
    [
      '--no-defaults',
      ...asRoot,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      `--datadir=${data}`,
    ],
    { stdio: 'pipe' },
  );
  let child: ChildProcess | null = null;

  const client = (args: readonly string[], input?: Buffer | string): string =>
    execFileSync(
      'mariadb',
      ['--no-defaults', `--socket=${socket}`, '--user=root', '--default-character-set=utf8mb4', ...args],
      {
        input: input ?? '',
        stdio: ['pipe', 'pipe', 'pipe'],
        encoding: 'utf8',
      },
    );

  const start = async (): Promise<void> => {
    child = spawn(
      program,
      [
        '--no-defaults',
        ...asRoot,
        `--datadir=${data}`,
        `--socket=${socket}`,
        `--port=${port}`,
        `--pid-file=${join(folder, 'server.pid')}`,
        `--log-error=${log}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=16M',
        '--innodb-flush-log-at-trx-commit=0',
        '--character-set-server=utf8mb4',
        '--collation-server=utf8mb4_general_ci',
      ],
      { stdio: 'ignore' },
    );
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) break;
      try {
        client(['-e', 'SELECT 1']);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(
      `MariaDB did not start: ${existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : ''}`,
    );
  };

  const stop = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null) return;
    running.kill('SIGTERM');
    await ended(running);
  };

  await start();
  const [user, password] = ['dovecot', "se'cret"];
  client([
    '-e',
    `CREATE USER '${user}'@'%' IDENTIFIED BY '${password.replace("'", "''")}'; GRANT ALL ON *.* TO '${user}'@'%';`,
  ]);
  return {
    port,
    socket,
    user,
    password,
    sql: (text, database) => client(['-N', '-B', ...(database === undefined ? [] : [database])], text),
    load: (path, database) => {
      client(database === undefined ? [] : [database], readFileSync(path));
    },
    stop,
    start,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
