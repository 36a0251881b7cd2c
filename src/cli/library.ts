// What `import ... from 'dvproxy'` gives (docs/library.md).
import { fromUtf8 } from '../../grammar/bytes.js';
import { check as checkConfig } from '../check/runner.js';
import type { Config } from '../config/config.js';
import { loadConfig as load } from '../config/load.js';
import { createDatabases } from '../databases/open.js';
import { type DovecotVersion, parseVersion } from '../knowledge/versions.js';
import { type DiagnosticDocument, diagnosticJson } from '../report/json.js';
import { type SimulationDocument, simulationDocument } from '../report/simulation-json.js';
import { type Question, questionOf } from '../simulate/question.js';
import { Simulator } from '../simulate/simulator.js';
import { mappedPath } from './config-file.js';
import { nodeFileProbe } from './node-file-probe.js';
import { nodeConfigHost } from './node-host.js';
import { nodeSystem } from './node-system.js';

export { ChainRefused } from '../auth/chain.js';
export type { Config } from '../config/config.js';
export { UnreadableMainFile } from '../config/load.js';
export type { DiagnosticDocument, SimulationDocument };

export interface LoadOptions {
  /** `2.3`, `2.4` or exact; left out: what the file says. */
  readonly dovecot?: string;
  /** Paths that are read from elsewhere: `{ '/etc/dovecot': './conf' }`. */
  readonly map?: Readonly<Record<string, string>>;
  /** Go on after an error that Dovecot refuses. */
  readonly lenient?: boolean;
}

/** A configuration that was read, with how its paths are read. */
export interface LoadedConfiguration {
  readonly dovecot: DovecotVersion;
  /** What Dovecot says when it refuses the configuration; null: it starts. */
  readonly refusal: string | null;
  readonly config: Config;
  readonly options: LoadOptions;
}

/** Reads a main file with its includes. Throws `UnreadableMainFile`; everything else is for `check` to say. */
export function loadConfig(path: string, options: LoadOptions = {}): LoadedConfiguration {
  const version = options.dovecot === undefined ? null : parseVersion(options.dovecot);
  if (options.dovecot !== undefined && version === null)
    throw new RangeError(`unknown Dovecot version ${options.dovecot}: there are 2.3 and 2.4`);
  const config = load({
    path,
    host: nodeConfigHost(),
    maps: mapsOf(options),
    lenient: options.lenient === true,
    ...(version === null ? {} : { version }),
  });
  const { refusal } = config;
  const words = refusal === null ? null : (refusal.dovecot?.message ?? refusal.message);
  return { dovecot: config.version, refusal: words, config, options };
}

/** Every problem of the configuration, as `dvproxy check --format json` prints it. */
export function check({ config, options }: LoadedConfiguration): DiagnosticDocument[] {
  return checkConfig(config, { files: nodeFileProbe(mapsOf(options)) }).map(diagnosticJson);
}

/** The question: see `dvproxy simulate --help`; left out: an IMAP login by PLAIN whose password is right. */
export type QuestionOptions = Partial<Omit<Question, 'user' | 'password'>> & { readonly password?: string };

export interface SimulateOptions {
  /** Files that answer the databases instead. */
  readonly fixtures?: readonly string[];
  readonly showSecrets?: boolean;
}

/** A configuration whose databases stay open from one question to the next. */
export interface OpenSimulator {
  /** As `dvproxy simulate --format json`. Rejects with `ChainRefused` where Dovecot's auth process would not start. */
  ask(user: string, question?: QuestionOptions): Promise<SimulationDocument>;
  close(): Promise<void>;
}

export function openSimulator(
  { config, options, refusal }: LoadedConfiguration,
  { fixtures = [], showSecrets = false }: SimulateOptions = {},
): OpenSimulator {
  if (refusal !== null && options.lenient !== true)
    throw new Error(`Dovecot refuses this configuration: ${refusal}`);
  const databases = createDatabases({ config, fixtures, mapPath: mappedPath(mapsOf(options)) });
  const simulator = new Simulator({
    config,
    openPassdb: databases.openPassdb,
    system: nodeSystem(),
    resolve: null,
    detailed: true,
    lenient: options.lenient === true,
    doveadm: false,
  });
  return {
    ask: async (user, { password, ...rest } = {}) => {
      const known = password === undefined ? {} : { password: fromUtf8(password) };
      return simulationDocument(await simulator.ask(questionOf(user, { ...rest, ...known })), showSecrets);
    },
    close: async () => {
      await simulator.close();
      await databases.close();
    },
  };
}

/** One question; for many, `openSimulator` keeps the databases open. */
export async function simulate(
  loaded: LoadedConfiguration,
  user: string,
  { question = {}, ...options }: SimulateOptions & { readonly question?: QuestionOptions } = {},
): Promise<SimulationDocument> {
  const simulator = openSimulator(loaded, options);
  try {
    return await simulator.ask(user, question);
  } finally {
    await simulator.close();
  }
}

function mapsOf({ map = {} }: LoadOptions) {
  return Object.entries(map).map(([from, to]) => ({ from, to }));
}
