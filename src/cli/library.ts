// What `import ... from 'dvproxy'` gives (docs/library.md).
import { fromUtf8 } from '../../grammar/bytes.js';
import { check as checkConfig } from '../check/runner.js';
import { createDatabases } from '../databases/open.js';
import { userdbOpener } from '../databases/open-userdb.js';
import { replayedUserdbs } from '../databases/recording/replayed-databases.js';
import { systemIds } from '../databases/system-ids.js';
import { type DiagnosticDocument, diagnosticJson } from '../report/json.js';
import { type SimulationDocument, simulationDocument } from '../report/simulation-json.js';
import { type Question, questionOf } from '../simulate/question.js';
import { Simulator } from '../simulate/simulator.js';
import { mappedPath } from './config-file.js';
import { type LoadedConfiguration, mapsOf } from './library-configuration.js';
import { nodeFileProbe } from './node-file-probe.js';
import { nodeSystem } from './node-system.js';

export { ChainRefused } from '../auth/chain.js';
export type { Config } from '../config/config.js';
export { UnreadableMainFile } from '../config/load.js';
export { type LoadedConfiguration, type LoadOptions, loadConfig } from './library-configuration.js';
export { createProxy, type ListenAddress, type Proxy, type ProxyOptions } from './library-proxy.js';
export type { DiagnosticDocument, SimulationDocument };

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
  const mapPath = mappedPath(mapsOf(options));
  const databases = createDatabases({ config, fixtures, mapPath });
  const systemId = systemIds(mapsOf(options).length > 0 || fixtures.length > 0);
  const openUserdb = userdbOpener({ config, databases, systemId, mapPath });
  const simulator = new Simulator({
    config,
    openPassdb: databases.openPassdb,
    userdbs: { open: replayedUserdbs(databases, openUserdb), systemId },
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
