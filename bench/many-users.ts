import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MariadbServer, mariadbMissing, startMariadb } from '../test/real/servers/mariadb.js';
import { median } from './measure.js';
import { DVPROXY } from './program.js';
import { makeUsers, passdbFor, type WalkDatabase } from './walk-databases.js';

const COUNTS = [10_000, 100_000, 1_000_000] as const;
const WORKERS = [1, 2] as const;

/** Kernel's accounting of one finished run: seconds of CPU and of the clock, megabytes at the most. */
interface Run {
  readonly cpu: number;
  readonly wall: number;
  readonly memory: number;
}

/** Prints each row as it is made: `simulate --all-users` of SQLite and MariaDB, with one worker and two. */
export async function benchManyUsers(rounds: number): Promise<string> {
  const missing = mariadbMissing();
  if (missing !== null) return `Many users are not measured: ${missing}\n`;
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-bench-many-'));
  const mariadb = await startMariadb();
  try {
    console.log(
      '| database | users | workers | CPU s | CPU µs a user | users per CPU second | wall s | peak MB |',
    );
    console.log('|---|---|---|---|---|---|---|---|');
    for (const count of COUNTS)
      for (const kind of ['sqlite', 'mariadb'] as const) {
        makeUsers(kind, folder, mariadb, count);
        const config = writeConfiguration(kind, folder, mariadb);
        for (const workers of WORKERS) console.log(rowOf(kind, count, workers, config, rounds));
      }
  } finally {
    await mariadb.remove();
    rmSync(folder, { recursive: true, force: true });
  }
  return '';
}

function writeConfiguration(kind: WalkDatabase, folder: string, mariadb: MariadbServer): string {
  const { config, files } = passdbFor('2.3', kind, mariadb);
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, name), text.replaceAll('@DIR@', folder));
  for (const [name, text] of Object.entries(files))
    write(name, `${text}iterate_query = SELECT user FROM users\n`);
  write('dovecot.conf', `protocols = imap\n${config}${config.replace('passdb', 'userdb')}`);
  return join(folder, 'dovecot.conf');
}

function rowOf(kind: WalkDatabase, count: number, workers: number, config: string, rounds: number): string {
  const args = [...DVPROXY, 'simulate', '-c', config, '--all-users', '--workers', String(workers)];
  const runs = Array.from({ length: rounds }, () => timed(args, count));
  const cpu = median(runs.map((run) => run.cpu));
  const cells = [
    kind,
    count.toLocaleString('en'),
    workers,
    cpu.toFixed(1),
    ((cpu * 1e6) / count).toFixed(0),
    Math.round(count / cpu).toLocaleString('en'),
    median(runs.map((run) => run.wall)).toFixed(1),
    Math.max(...runs.map((run) => run.memory)).toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

function timed(command: readonly string[], count: number): Run {
  const run = spawnSync('/usr/bin/time', ['-f', '%U %S %e %M', ...command], { encoding: 'utf8' });
  if (!run.stdout.startsWith(`${count} questions\n`)) throw new Error(`${run.stdout}${run.stderr}`);
  const [user = 0, system = 0, wall = 0, kilobytes = 0] = run.stderr
    .trim()
    .split(/\s+/)
    .slice(-4)
    .map(Number);
  return { cpu: user + system, wall, memory: kilobytes / 1024 };
}
