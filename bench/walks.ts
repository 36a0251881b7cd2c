import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { authenticateNow } from '../src/auth/authenticate.js';
import { authCacheFor } from '../src/auth/cache.js';
import { type Chain, openChain } from '../src/auth/chain.js';
import { nodeConfigHost } from '../src/cli/node-host.js';
import { nodeSystem } from '../src/cli/node-system.js';
import { loadConfig } from '../src/config/load.js';
import { createDatabases } from '../src/databases/open.js';
import { type DovecotVersion, seriesOf } from '../src/knowledge/versions.js';
import { questionOf, requestOf } from '../src/simulate/question.js';
import { dovecotMissing, startDovecotAuth } from '../test/real/servers/dovecot-auth.js';
import { type MariadbServer, mariadbMissing, startMariadb } from '../test/real/servers/mariadb.js';
import { median } from './measure.js';
import { treeCpu } from './process-cpu.js';
import { makeUsers, PASSWORD, passdbFor, USERS, userName, type WalkDatabase } from './walk-databases.js';

const VERSIONS = ['2.3.19.1', '2.4.1'] as const;
/** `PASS`: a look-up; `AUTH`: a login whose password is checked. */
const KINDS = ['PASS', 'AUTH'] as const;
type Kind = (typeof KINDS)[number];

/** Requests that wait at once, for databases that are waited for. */
const OUTSTANDING = 100;
/** authbench's step through the users. */
const STRIDE = 48_271;

interface Subject {
  readonly label: string;
  /** CPU microseconds a request. */
  run(kind: Kind, count: number): Promise<number>;
  stop(): Promise<void>;
}

/** The tables, each of a database without and with the auth cache; passwd-files are never cached. */
const TABLES: Readonly<Record<string, readonly [database: WalkDatabase, cached: boolean]>> = {
  'passwd-file': ['passwd-file', false],
  sqlite: ['sqlite', false],
  'sqlite-cached': ['sqlite', true],
  mariadb: ['mariadb', false],
  'mariadb-cached': ['mariadb', true],
};

/**
 * Chain walks beside real auth processes that are asked by pipelined requests: CPU of each, as ratios in one run. Prints
 * each table as it is made, by a process of its own: what V8 learns and keeps of one database is not there for the next
 * one, as in a server with one configuration.
 */
export async function benchWalks(rounds: number, only: readonly string[]): Promise<string> {
  const missing = [dovecotMissing('2.3.19.1'), dovecotMissing('2.4.1'), mariadbMissing()].find(
    (reason) => reason !== null,
  );
  if (missing !== undefined && missing !== null) return `Chain walks are not measured: ${missing}\n`;
  const [name = ''] = only;
  const table = TABLES[name];
  if (only.length === 1 && table !== undefined) return benchTable(table, rounds);
  const program = process.argv[1] ?? '';
  for (const each of only.length === 0 ? Object.keys(TABLES) : only) {
    const args = [program, 'walks', String(rounds), each];
    const { stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    console.log(String(stdout).replace(/^[\s\S]*?(?=###)/, ''));
  }
  return '';
}

async function benchTable([kind, cached]: readonly [WalkDatabase, boolean], rounds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-bench-walks-'));
  const authbench = join(folder, 'authbench');
  execFileSync('cc', ['-O2', '-w', '-o', authbench, resolve('bench/authbench.c')]);
  const mariadb = await startMariadb();
  try {
    makeUsers(kind, folder, mariadb);
    return await benchDatabase(kind, cached, rounds, folder, authbench, mariadb);
  } finally {
    await mariadb.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchDatabase(
  database: WalkDatabase,
  cached: boolean,
  rounds: number,
  folder: string,
  authbench: string,
  mariadb: MariadbServer,
): Promise<string> {
  const subjects: Subject[] = [];
  try {
    for (const version of VERSIONS) {
      const setup = configurationFor(version, database, cached, folder, mariadb);
      subjects.push(realSubject(version, setup, authbench), await ourSubject(version, setup));
    }
    const count = database === 'passwd-file' || cached ? USERS : USERS / 10;
    const times = subjects.map(() => ({ PASS: [] as number[], AUTH: [] as number[] }));
    // Caches are filled, files are read and code is compiled in the first round, which does not count.
    for (let round = -1; round < rounds; round += 1)
      for (const [index, subject] of subjects.entries())
        for (const kind of ['AUTH', 'PASS'] as const) {
          const micros = await subject.run(kind, round < 0 && cached ? USERS : count);
          if (round >= 0) times[index]?.[kind].push(micros);
        }
    return tableOf(`${database}, ${USERS} users${cached ? ', auth cache warm' : ''}`, subjects, times);
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

interface Setup {
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
  readonly prepare: (realDirectory: string) => void;
}

function configurationFor(
  version: DovecotVersion,
  database: WalkDatabase,
  cached: boolean,
  folder: string,
  mariadb: MariadbServer,
): Setup {
  const passdb = passdbFor(seriesOf(version), database, mariadb);
  const size = cached ? 'auth_cache_size = 100M\n' : '';
  return {
    config: `auth_verbose = no\n${size}${passdb.config}`,
    files: passdb.files,
    prepare: (directory) => {
      for (const name of ['users', 'users.sqlite'])
        if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(directory, name));
    },
  };
}

function realSubject(version: DovecotVersion, setup: Setup, authbench: string): Subject {
  const auth = startDovecotAuth({ version, ...setup });
  const run = join(auth.realDirectory, 'run');
  // It writes its number after it has gone into the background; doveadm waits for it.
  auth.doveadm(['auth', 'test', userName(0), PASSWORD]);
  const master = Number(readFileSync(join(run, 'master.pid'), 'utf8'));
  return {
    label: `Dovecot ${version}`,
    async run(kind, count) {
      const socket = join(run, kind === 'PASS' ? 'auth-userdb' : 'auth-client');
      const before = treeCpu(master);
      const asked = [socket, kind.toLowerCase(), String(count), String(OUTSTANDING), String(USERS)];
      const said = spawnSync(authbench, asked, { encoding: 'utf8' });
      // Workers that are starting may drop a request.
      const { ok = 0 } = JSON.parse(said.stdout || '{}') as { readonly ok?: number };
      if (ok < count * 0.99) throw new Error(`authbench: ${said.stdout}${said.stderr}`);
      return ((treeCpu(master) - before) * 1e6) / count;
    },
    stop: () => auth.stop(),
  };
}

async function ourSubject(version: DovecotVersion, setup: Setup): Promise<Subject> {
  const auth = startDovecotAuth({ version, ...setup, run: false });
  const { directory, realDirectory } = auth;
  const config = loadConfig({
    path: join(realDirectory, 'dovecot.conf'),
    host: nodeConfigHost(),
    version,
    maps: directory === realDirectory ? [] : [{ from: directory, to: realDirectory }],
  });
  const databases = createDatabases({
    config,
    mapPath: (path) =>
      path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path,
  });
  const settings = config.effective.auth({ protocol: 'imap' });
  const chain = await openChain({
    settings,
    open: databases.openPassdb,
    system: nodeSystem(),
    resolve: async () => ({ kind: 'not-asked' }),
    cache: authCacheFor(settings, Date.now),
  });
  return {
    label: `dvproxy as ${version}`,
    async run(kind, count) {
      const before = process.cpuUsage();
      await walkMany(chain, kind, count);
      const used = process.cpuUsage(before);
      return (used.user + used.system) / count;
    },
    async stop() {
      await chain.close();
      await databases.close();
      await auth.stop();
    },
  };
}

async function walkMany(chain: Chain, kind: Kind, count: number): Promise<void> {
  const asked = kind === 'PASS' ? { lookup: true, mechanism: '' } : { password: PASSWORD };
  let next = 0;
  let right = 0;
  const walkOn = async () => {
    for (let at = next; at < count; at = next) {
      next += 1;
      const user = userName((at * STRIDE) % USERS);
      const answer = authenticateNow(requestOf(questionOf(user, asked), true), chain);
      const { result } = answer instanceof Promise ? await answer : answer;
      if (result === 'ok') right += 1;
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, walkOn));
  if (right !== count) throw new Error(`${count - right} of ${count} walks went wrong`);
}

function tableOf(
  title: string,
  subjects: readonly Subject[],
  times: readonly Readonly<Record<Kind, readonly number[]>>[],
): string {
  const lines = [
    `### ${title}`,
    '',
    '| asked | PASS, CPU µs | ratio | AUTH, CPU µs | ratio |',
    '|---|---|---|---|---|',
  ];
  for (const [index, { label }] of subjects.entries()) {
    const cells = KINDS.flatMap((kind) => {
      const own = median(times[index]?.[kind] ?? []);
      // Each real version stands before dvproxy's answer for it.
      const real = median(times[index - (index % 2)]?.[kind] ?? []);
      return [own.toFixed(1), index % 2 === 0 ? '' : `${(real / own).toFixed(2)}x`];
    });
    lines.push(`| ${label} | ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}
