import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { nodeSystem } from '../../src/cli/node-system.js';
import { loadConfig } from '../../src/config/load.js';
import { createDatabases } from '../../src/databases/open.js';
import { systemIds } from '../../src/databases/system-ids.js';
import { seriesOf } from '../../src/knowledge/versions.js';
import { doveadmReport } from '../../src/report/simulation-doveadm.js';
import { questionOf } from '../../src/simulate/question.js';
import { Simulator } from '../../src/simulate/simulator.js';
import type { Recording } from './live-recording.js';

/** What real Dovecot answered from real servers; test/real/databases/live-chains/ makes and checks it. */
interface RecordingFile {
  /** A dump, or LDIF. */
  readonly data: string;
  readonly recordings: readonly Recording[];
}

const RECORDINGS = join(import.meta.dirname, '../../fixtures/live-chains');
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Settings that the recorded servers had beside the chains. */
const COMMON = {
  '2.3': 'ssl = no\nauth_verbose = yes\nauth_failure_delay = 0\n',
  '2.4':
    'dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\nssl = no\nauth_verbose = yes\nauth_failure_delay = 0\n',
} as const;

describe.each(['mysql', 'pgsql', 'ldap'])('chains that asked a real server, from fixtures: %s', (kind) => {
  const { data, recordings }: RecordingFile = JSON.parse(
    readFileSync(join(RECORDINGS, `${kind}.json`), 'utf8'),
  );
  test.each(recordings)('$version answers as recorded', async ({ version, config, files, answers }) => {
    const folder = mkdtempSync(join(tmpdir(), 'dvproxy-live-chains-'));
    folders.push(folder);
    const inPlace = (text: string): string => text.replaceAll('@DIR@', folder);
    const main = join(folder, 'dovecot.conf');
    const fixture = join(folder, kind === 'ldap' ? 'data.ldif' : 'data.sql');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), inPlace(text));
    writeFileSync(main, COMMON[seriesOf(version)] + inPlace(config));
    writeFileSync(fixture, data);
    const loaded = loadConfig({ path: main, host: nodeConfigHost(), version });
    const databases = createDatabases({ config: loaded, fixtures: [fixture] });
    const simulator = new Simulator({
      config: loaded,
      openPassdb: databases.openPassdb,
      system: nodeSystem(),
      userdbs: { open: async () => null, systemId: systemIds(false) },
      resolve: null,
      detailed: false,
      lenient: false,
      doveadm: true,
    });
    for (const answer of answers) {
      const { set, service, session, user, password, queries } = answer;
      const simulation = await simulator.ask(
        questionOf(user, {
          service,
          session,
          mechanism: password === null ? '' : 'PLAIN',
          password: password === null ? null : fromUtf8(password),
          lookup: password === null,
        }),
      );
      const report = doveadmReport(simulation);
      const asked = simulation.answer.steps.flatMap((step) => step.queries ?? []);
      const log = simulation.answer.log
        .filter(({ level, logged }) => level !== 'debug' && logged !== false)
        .flatMap(({ line }) => toUtf8(line ?? '').split('\n'))
        .filter((line) => line.includes(`<${session}>`));
      expect
        .soft({
          set,
          user,
          password,
          stdout: toUtf8(report.stdout),
          stderr: toUtf8(report.stderr),
          exit: report.exitCode,
          log: log.map(withoutNumbers).sort(),
          queries: asked.map(({ text, rows }) => ({ text: toUtf8(text), rows })),
        })
        .toEqual({
          set,
          user,
          password,
          stdout: answer.stdout,
          stderr: answer.stderr,
          exit: answer.exit,
          log: answer.log,
          queries,
        });
    }
    await simulator.close();
    await databases.close();
  });
});

/** Numbers of processes stand as N in the recordings. */
function withoutNumbers(line: string): string {
  return line
    .replace(/\bauth-worker\(\d+\)/, 'auth-worker(N)')
    .replace(/\(pid=\d+,uid=\d+\)/, '(pid=N,uid=N)')
    .replace(/auth-worker<\d+>/, 'auth-worker<N>')
    .replace(/^auth-worker\((.*?)\)<\d+>/, 'auth-worker($1)<N>')
    .replace(/request \[\d+\]/, 'request [N]');
}
