import { execFileSync, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { nodeSystem } from '../../../src/cli/node-system.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { systemIds } from '../../../src/databases/system-ids.js';
import { type DovecotVersion, type Series, seriesOf } from '../../../src/knowledge/versions.js';
import { doveadmReport } from '../../../src/report/simulation-doveadm.js';
import { type Question, questionOf } from '../../../src/simulate/question.js';
import { Simulator } from '../../../src/simulate/simulator.js';
import { DOVECOT_24_ROOT } from './dovecot-2.4-root.js';

/** Why this version of Dovecot cannot be asked here; null: it can. */
export function dovecotMissing(version: DovecotVersion): string | null {
  if (process.getuid?.() !== 0) return 'Dovecot needs root';
  const program = version === '2.4.1' ? join(DOVECOT_24_ROOT, 'usr/sbin/dovecot') : '/usr/sbin/dovecot';
  return existsSync(program) ? null : `${program} is not installed`;
}

const COMMON: Readonly<Record<Series, string>> = {
  '2.3': `base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
ssl = no
protocols =
listen = 127.0.0.1
auth_verbose = yes
auth_failure_delay = 0
mail_location = mbox:@DIR@/mail
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`,
  '2.4': `dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
ssl = no
protocols =
listen = 127.0.0.1
auth_verbose = yes
auth_failure_delay = 0
auth_internal_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`,
};

/** One request to `doveadm auth test`, or `auth lookup` where no password is given. */
export interface Ask {
  readonly user: string;
  readonly password: string | null;
  /** More of the question than `doveadm` knows. */
  readonly more?: Partial<Question>;
  /** As a login process asks, which gets more fields. */
  readonly login?: boolean;
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** Lines of the auth process about this request, without time stamps and numbers of processes. */
  readonly log: readonly string[];
}

/** What a database was asked, and how many rows or entries it gave; null: it failed. */
interface AskedQuery {
  readonly text: string;
  readonly rows: number | null;
}

/** What both sides say, without what only dvproxy knows. */
export function saidOf({ stdout, stderr, exitCode, log }: Said): Said {
  return { stdout, stderr, exitCode, log };
}

/** A configuration in a folder of its own that real Dovecot and dvproxy are asked about. */
export interface DovecotAuth {
  /** The folder as Dovecot names it. */
  readonly directory: string;
  /** The same folder as this machine names it. */
  readonly realDirectory: string;
  /** Starts it where `run` was false. */
  begin(): void;
  real(ask: Ask): Said;
  /** `survives`: real Dovecot lives to answer it too. */
  ours(ask: Ask): Promise<Said & { readonly survives: boolean; readonly queries: readonly AskedQuery[] }>;
  /** Any command of doveadm. */
  doveadm(args: readonly string[]): Said;
  /** The command line of a program of this Dovecot that reads this configuration. */
  commandOf(name: string, args: readonly string[]): readonly [string, ...string[]];
  /** All lines of Dovecot's log. */
  log(): string[];
  /** Those about requests, without time stamps and numbers of processes. */
  requestLog(): string[];
  stop(): Promise<void>;
}

export interface AuthSetup {
  readonly version: DovecotVersion;
  /** Settings behind the common ones; `@DIR@` stands for the folder. */
  readonly config: string;
  /** Files beside the configuration, `@DIR@` likewise. */
  readonly files?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, number>>;
  /** The whole configuration; left out: the common settings go first. */
  readonly bare?: boolean;
  /** More than text in the folder, made before Dovecot starts. */
  readonly prepare?: (realDirectory: string) => void;
  /** false: nothing is started until `begin`, only dvproxy can be asked. */
  readonly run?: boolean;
  /** What dvproxy asks in the place of databases (`--fixture`). */
  readonly fixtures?: readonly string[];
}

/** Starts real Dovecot with a configuration whose only service is authentication. */
export function startDovecotAuth({
  version,
  config,
  files = {},
  modes = {},
  bare = false,
  prepare,
  run = true,
  fixtures = [],
}: AuthSetup): DovecotAuth {
  const is24 = version === '2.4.1';
  const parent = is24 ? join(DOVECOT_24_ROOT, 'tmp') : '/tmp';
  const realDirectory = mkdtempSync(join(parent, 'dvproxy-auth-'));
  execFileSync('chmod', ['755', realDirectory]);
  const directory = join('/tmp', basename(realDirectory));
  const fill = (text: string): string => text.replaceAll('@DIR@', directory);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(realDirectory, name)), { recursive: true });
    writeFileSync(join(realDirectory, name), Buffer.from(fill(text), 'utf8'), { mode: modes[name] ?? 0o644 });
  }
  writeFileSync(join(realDirectory, 'dovecot.conf'), fill((bare ? '' : COMMON[seriesOf(version)]) + config));
  const logPath = join(realDirectory, 'log');
  const errors = join(realDirectory, 'stderr');
  const commandOf = (name: string, args: readonly string[]): readonly [string, ...string[]] => {
    const all = ['-c', join(directory, 'dovecot.conf'), ...args];
    return is24 ? ['chroot', DOVECOT_24_ROOT, name, ...all] : [name, ...all];
  };
  const program = (name: string, args: readonly string[], stdio: StdioOptions = 'pipe') => {
    const [file, ...given] = commandOf(name, args);
    return spawnSync(file, given, { encoding: 'utf8', timeout: 20_000, stdio });
  };
  prepare?.(realDirectory);
  let runs = false;
  const begin = () => {
    // It goes into the background with what it was given as standard error: a pipe would never end.
    const stderr = openSync(errors, 'w');
    const started = program('dovecot', [], ['ignore', 'ignore', stderr]);
    closeSync(stderr);
    if (started.status !== 0) throw new Error(`dovecot did not start: ${readFileSync(errors, 'utf8')}`);
    runs = true;
  };
  if (run) begin();

  const log = (): string[] =>
    existsSync(logPath)
      ? readFileSync(logPath, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];

  const loaded = loadConfig({
    path: join(realDirectory, 'dovecot.conf'),
    host: nodeConfigHost(),
    version,
    maps: is24 ? [{ from: directory, to: realDirectory }] : [],
  });
  const databases = createDatabases({
    config: loaded,
    fixtures,
    mapPath: (path) =>
      is24 && path.startsWith(`${directory}/`) ? realDirectory + path.slice(directory.length) : path,
  });
  const simulators = [true, false].map(
    (doveadm) =>
      new Simulator({
        config: loaded,
        openPassdb: databases.openPassdb,
        system: nodeSystem(),
        userdbs: { open: async () => null, systemId: systemIds(false) },
        resolve: null,
        detailed: false,
        lenient: false,
        doveadm,
        tokenCheck: () => databases.tokenCheck(),
      }),
  );
  const simulate = ({ user, password, more = {}, login = false }: Ask) => {
    const simulator = simulators[login ? 1 : 0];
    if (simulator === undefined) throw new Error('there are two of them');
    const question = questionOf(user, {
      service: 'doveadm',
      mechanism: password === null ? '' : 'PLAIN',
      password: password === null ? null : Buffer.from(password, 'utf8').toString('latin1'),
      lookup: password === null,
      ...more,
    });
    return simulator.ask(question);
  };

  return {
    directory,
    realDirectory,
    begin,
    commandOf,
    log,
    requestLog: () => log().map(withoutNumbers).filter(isAboutRequest),
    real({ user, password }) {
      return this.doveadm(password === null ? ['auth', 'lookup', user] : ['auth', 'test', user, password]);
    },
    doveadm(args) {
      const before = log().length;
      const said = program('doveadm', args);
      // The log process writes on its own time.
      for (let size = -1; size !== statSync(logPath).size; ) {
        size = statSync(logPath).size;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      }
      return {
        stdout: said.stdout,
        stderr: said.stderr,
        exitCode: said.status ?? -1,
        log: log().slice(before).map(withoutNumbers).filter(isAboutRequest),
      };
    },
    async ours(ask) {
      const simulation = await simulate(ask);
      const report = doveadmReport(simulation);
      const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
      return {
        stdout: text(report.stdout),
        stderr: text(report.stderr),
        exitCode: report.exitCode,
        queries: simulation.answer.steps.flatMap(({ queries = [] }) =>
          queries.map((query) => ({ text: text(query.text), rows: query.rows })),
        ),
        survives: simulation.answer.crash === null && (simulation.answer.remarks ?? []).length === 0,
        log: simulation.answer.log
          .filter(({ level, logged }) => level !== 'debug' && logged !== false)
          .flatMap(({ line }) =>
            text(line ?? '')
              .split('\n')
              .map(withoutNumbers),
          ),
      };
    },
    async stop() {
      if (runs) await ended(commandOf('dovecot', ['stop']));
      for (const simulator of simulators) await simulator.close();
      await databases.close();
      rmSync(realDirectory, { recursive: true, force: true });
    },
  };
}

/** Runs a command beside what else happens. */
function ended([file, ...args]: readonly [string, ...string[]]): Promise<void> {
  return new Promise((resolve) => {
    spawn(file, args, { stdio: 'ignore' }).once('close', () => resolve());
  });
}

export function withoutNumbers(line: string): string {
  return line
    .replace(/^[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d /, '')
    .replace(/\bChild \d+ exited/, 'Child N exited')
    .replace(/\bauth-worker\(\d+\)/, 'auth-worker(N)')
    .replace(/\(pid=\d+,uid=\d+\)/, '(pid=N,uid=N)')
    .replace(/auth-worker<\d+>/, 'auth-worker<N>')
    .replace(/^auth-worker\((.*?)\)<\d+>/, 'auth-worker($1)<N>')
    .replace(/request \[\d+\]/, 'request [N]');
}

/** What the auth process says of its own life is left out. */
function isAboutRequest(line: string): boolean {
  return !/(: Debug: |^master: |^doveadm|^anvil: |auth: Warning: Weak password schemes)/.test(line);
}
