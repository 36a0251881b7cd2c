import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './mariadb.js';

const PROGRAMS = '/usr/lib/postgresql';

function programs(): string | null {
  if (!existsSync(PROGRAMS)) return null;
  const newest = readdirSync(PROGRAMS).sort((a, b) => Number(b) - Number(a))[0];
  const folder = newest === undefined ? null : join(PROGRAMS, newest, 'bin');
  return folder !== null && existsSync(join(folder, 'initdb')) ? folder : null;
}

/** Why no PostgreSQL server can be started here; null: it can. */
export function postgresqlMissing(): string | null {
  return programs() === null ? 'postgresql is not installed' : null;
}

/** A PostgreSQL server of a test: its own data folder, 127.0.0.1 on a free port, a socket in the same folder. */
export interface PostgresqlServer {
  readonly port: number;
  readonly socketFolder: string;
  /** Logs in over TCP by password (SCRAM-SHA-256). */
  readonly user: string;
  readonly password: string;
  /** Runs SQL text through `psql` as an administrator; gives its standard output. */
  sql(text: string, database?: string): string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes its data. */
  remove(): Promise<void>;
}

export async function startPostgresql(): Promise<PostgresqlServer> {
  const bin = programs();
  if (bin === null) throw new Error(postgresqlMissing() ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-pgsql-'));
  // The server refuses to run as root.
  const isRoot = userInfo().uid === 0;
  const ids = isRoot
    ? (['-u', '-g'] as const).map((flag) =>
        Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })),
      )
    : [];
  const [uid, gid] = ids;
  const as = uid === undefined || gid === undefined ? {} : { uid, gid };
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  const data = join(folder, 'data');
  const log = join(folder, 'server.log');
  const port = await freePort();
  const quiet = { stdio: 'pipe', cwd: folder, ...as } as const;
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    quiet,
  );
  writeFileSync(
    join(data, 'pg_hba.conf'),
    'local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
  );

  const sql = (text: string, database = 'postgres'): string =>
    execFileSync(
      'psql',
      [
        '-X',
        '-q',
        '-A',
        '-t',
        '-v',
        'ON_ERROR_STOP=1',
        '-h',
        folder,
        '-p',
        String(port),
        '-U',
        'postgres',
        database,
      ],
      { ...quiet, input: text, encoding: 'utf8' },
    );

  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    const settings = [
      'fsync=off',
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${folder}`,
      'shared_buffers=16MB',
      'max_connections=300',
    ];
    child = spawn(
      join(bin, 'postgres'),
      ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { stdio: 'ignore', cwd: folder, ...as },
    );
    for (let attempt = 0; attempt < 300; attempt++) {
      if (child.exitCode !== null) break;
      try {
        sql('SELECT 1;');
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`PostgreSQL did not start: ${existsSync(log) ? readFileSync(log, 'utf8') : ''}`);
  };

  const stop = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    // Fast shutdown: open connections are ended.
    running.kill('SIGINT');
    await ended;
  };

  await start();
  const [user, password] = ['dovecot', 'secret'];
  sql(`CREATE USER ${user} PASSWORD '${password}';`);
  return {
    port,
    socketFolder: folder,
    user,
    password,
    sql,
    start,
    stop,
    remove: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
