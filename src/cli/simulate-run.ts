import { lookup as dnsLookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { ChainRefused } from '../auth/chain.js';
import type { PolicyServer } from '../auth/policy.js';
import { policySettings } from '../auth/policy-settings.js';
import type { ResolveReply } from '../auth/questions.js';
import type { Config } from '../config/config.js';
import { errnoText } from '../config/errno-text.js';
import { FixtureError } from '../databases/fixture/fixture-error.js';
import { MissingLibrary } from '../databases/missing-library.js';
import { createDatabases, type Databases } from '../databases/open.js';
import { userdbOpener } from '../databases/open-userdb.js';
import { replayedUserdbs } from '../databases/recording/replayed-databases.js';
import { systemIds } from '../databases/system-ids.js';
import { seriesOf } from '../knowledge/versions.js';
import { coloursFor } from '../report/colours.js';
import { type DoveadmReport, doveadmRefusal, doveadmReport } from '../report/simulation-doveadm.js';
import { refusalJson, simulationJson } from '../report/simulation-json.js';
import { simulationMermaid } from '../report/simulation-mermaid.js';
import { type SimulationTextOptions, simulationText } from '../report/simulation-text.js';
import { whyText } from '../report/simulation-why.js';
import type { Question } from '../simulate/question.js';
import { isOk, type Simulation } from '../simulate/simulation.js';
import { Simulator } from '../simulate/simulator.js';
import type { Trial } from '../simulate/trial.js';
import { isAnswered } from '../simulate/trial-failure.js';
import { colourChoice } from './colour-choice.js';
import { loadFor, mappedPath } from './config-file.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_TEMPORARY, EXIT_USAGE } from './exit-codes.js';
import { nodeSystem } from './node-system.js';
import { refusalOf } from './refusal.js';
import type { SimulateOptions } from './simulate-command.js';
import { queryPlans } from './simulate-explain.js';
import { readPassword } from './simulate-password.js';
import { recorded } from './simulate-record.js';
import type { Terminal } from './terminal.js';

/** sysexits.h; what doveadm 2.3 answers to an option it does not have. */
const EX_USAGE = 64;

/** A configuration with its databases, ready to be asked. */
export interface Bench {
  readonly simulator: Simulator;
  readonly databases: Databases;
  close(): Promise<void>;
}

/** Answers the question of one command line and returns the exit code. */
export async function runSimulate(
  user: string | undefined,
  options: SimulateOptions,
  command: Command,
  terminal: Terminal,
): Promise<number> {
  const table = options.allUsers || options.users !== undefined || options.expect !== undefined;
  // The page is one of many users, be they one.
  const many = table || options.format === 'html';
  if (user === undefined && !table)
    throw new CommandFailure('name a user, or give --users FILE, --all-users or --expect FILE', EXIT_USAGE);
  if (options.record !== undefined && options.compare !== undefined)
    throw new CommandFailure('--record writes what one configuration was answered', EXIT_USAGE);
  if (options.workers > 1 && !table)
    throw new CommandFailure('--workers answers the users of a table or of --all-users', EXIT_USAGE);
  if (many || options.compare !== undefined) {
    if (options.askPolicy)
      throw new CommandFailure('--ask-policy asks the policy server about one user', EXIT_USAGE);
    if (options.connect) throw new CommandFailure('--connect tries the destination of one user', EXIT_USAGE);
    const { runMany } = await import('./simulate-many-run.js');
    return runMany(user, options, command, terminal);
  }
  const config = loadFor(options.config, options);
  const refusal = refusalOf(config, options.lenient);
  if (refusal !== null) return refuse(user ?? '', config, refusal, options, terminal);
  if (options.format === 'doveadm' && options.mech !== undefined && seriesOf(config.version) === '2.3') {
    terminal.stderr("test: invalid option -- 'A'\n");
    return EX_USAGE;
  }
  if (options.format === 'doveadm' && !options.lookup) {
    const enabled = config.effective.auth({}).mechanisms;
    const series = seriesOf(config.version);
    const refused = doveadmRefusal(series, fromUtf8(user ?? ''), options.mech ?? 'PLAIN', enabled);
    if (refused !== null) return printDoveadm(refused, terminal);
  }
  if (options.connect && (options.format === 'doveadm' || options.format === 'mermaid'))
    throw new CommandFailure(`--connect has no place in --format ${options.format}`, EXIT_USAGE);
  const bench = openBench(
    config,
    { ...options, resolve: options.resolve || options.connect },
    true,
    await policyFor(config, options),
  );
  try {
    const simulation = await bench.simulator.ask(
      questionFor(user ?? '', options, await readPassword(options, terminal)),
    );
    const trial = options.connect ? await tried(config, simulation, options) : null;
    const told =
      options.verbose > 0 && options.format === 'text' ? await reply(config, simulation, options) : null;
    const plans = options.explain ? await queryPlans(simulation, bench.databases) : null;
    return print(simulation, { trial, told, plans }, options, command, terminal);
  } catch (error) {
    return refuse(user ?? '', config, await startFailure(error), options, terminal);
  } finally {
    await bench.close();
  }
}

async function tried(
  config: Config,
  simulation: Simulation,
  options: SimulateOptions,
): Promise<Trial | null> {
  const { tryDestination } = await import('./simulate-connect.js');
  return tryDestination(config, simulation, { ...options, mapPath: mappedPath(options.map) });
}

/** What was found out beside the answer. */
type Found = Required<Pick<SimulationTextOptions, 'trial' | 'told' | 'plans'>>;

async function reply(config: Config, simulation: Simulation, options: SimulateOptions) {
  const { replyToClient } = await import('./simulate-connect.js');
  return replyToClient(config, simulation, mappedPath(options.map));
}

function refuse(
  user: string,
  config: Config,
  words: string,
  options: SimulateOptions,
  terminal: Terminal,
): number {
  terminal.stderr(
    `${words}\ndvproxy: Dovecot refuses this configuration; --lenient goes on and says how it was read\n`,
  );
  if (options.format === 'json') terminal.stdout(refusalJson(user, config.version, words));
  return EXIT_NO;
}

/** What the auth process says as it refuses to start. Rethrows everything else, as a failure of the command if it is one. */
export async function startFailure(error: unknown): Promise<string> {
  if (!(error instanceof ChainRefused)) throw error;
  if (error.cause instanceof FixtureError || error.cause instanceof MissingLibrary)
    throw new CommandFailure(error.message, EXIT_USAGE);
  return `auth: Fatal: ${error.message}`;
}

type BenchOptions = Pick<SimulateOptions, 'map' | 'fixture' | 'resolve' | 'lenient' | 'format'> &
  Partial<Pick<SimulateOptions, 'record' | 'recordSecrets'>>;

/** A configuration with `--map` or `--fixture` is taken as another machine's, whose accounts need not exist here. */
export function openBench(
  config: Config,
  options: BenchOptions,
  detailed: boolean,
  policy: PolicyServer | null = null,
): Bench {
  for (const fixture of options.fixture) checkReadable(fixture);
  const mapPath = mappedPath(options.map);
  const databases = createDatabases({ config, fixtures: options.fixture, mapPath });
  const systemId = systemIds(options.map.length > 0 || options.fixture.length > 0);
  const plain = {
    passdb: databases.openPassdb,
    userdb: replayedUserdbs(databases, userdbOpener({ config, databases, systemId, mapPath })),
  };
  const { record, recordSecrets = false } = options;
  const recording =
    record === undefined
      ? null
      : recorded({ version: config.version, folder: record, withSecrets: recordSecrets }, plain);
  const open = recording ?? plain;
  const simulator = new Simulator({
    config,
    openPassdb: open.passdb,
    userdbs: { open: open.userdb, systemId },
    system: nodeSystem(),
    resolve: options.resolve ? resolveHost : null,
    detailed,
    lenient: options.lenient,
    doveadm: options.format === 'doveadm',
    tokenCheck: () => databases.tokenCheck(),
    ...(policy === null ? {} : { policy }),
  });
  return {
    simulator,
    databases,
    close: async () => {
      await simulator.close();
      await databases.close();
      await recording?.write();
    },
  };
}

/** The policy server, where the question is to be put to it as well. Nobody waits as long as it wants. */
async function policyFor(config: Config, options: SimulateOptions): Promise<PolicyServer | null> {
  if (!options.askPolicy) return null;
  if (options.fixture.length > 0)
    throw new CommandFailure('with --fixture no policy server is asked', EXIT_USAGE);
  const settings = policySettings(config.effective);
  if (settings === null) throw new CommandFailure('auth_policy_server_url is not set', EXIT_USAGE);
  const { HttpPolicyServer } = await import('../databases/policy-server.js');
  return new HttpPolicyServer(settings, false);
}

function checkReadable(path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    throw new CommandFailure(`cannot read fixture ${path}: ${errnoText(error)}`, EXIT_USAGE);
  }
}

async function resolveHost(host: ByteString, timeoutMs: number): Promise<ResolveReply> {
  const timeout = new Promise<ResolveReply>((resolve) => {
    setTimeout(() => resolve({ kind: 'failed', message: 'DNS lookup timed out' }), timeoutMs).unref();
  });
  const lookup = dnsLookup(toUtf8(host), { all: true, order: 'verbatim' }).then(
    (found): ResolveReply => ({ kind: 'addresses', ips: found.map(({ address }) => address) }),
    (): ResolveReply => ({ kind: 'failed', message: 'Name or service not known' }),
  );
  return Promise.race([lookup, timeout]);
}

/** The question of the options. `doveadm` asks as service `doveadm` unless told otherwise. */
export function questionFor(user: string, options: SimulateOptions, password: ByteString | null): Question {
  const service = options.service ?? (options.format === 'doveadm' ? 'doveadm' : 'imap');
  return {
    user,
    service,
    mechanism: options.mech ?? 'PLAIN',
    password,
    master: options.master ?? null,
    // LMTP knows no passwords: it can do nothing but look up.
    lookup: options.lookup || service === 'lmtp',
    localIp: options.localIp,
    localPort: options.localPort,
    remoteIp: options.remoteIp,
    remotePort: options.remotePort,
    realLocalIp: options.realLocalIp,
    realLocalPort: options.realLocalPort,
    realRemoteIp: options.realRemoteIp,
    realRemotePort: options.realRemotePort,
    localName: options.localName,
    clientId: options.clientId,
    session: options.session,
    secured: options.secured,
    forward: options.forward,
  };
}

function print(
  simulation: Simulation,
  { trial, told, plans }: Found,
  options: SimulateOptions,
  command: Command,
  terminal: Terminal,
): number {
  const { showSecrets } = options;
  const colours = coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty);
  for (const note of simulation.notes)
    if (note.code === 'unreachable') terminal.stderr(`dvproxy: ${note.message}\n`);
  if (options.why !== undefined) {
    terminal.stdout(whyText(simulation, options.why, { colours, showSecrets }));
    return exitCodeOf(simulation, trial ?? null);
  }
  switch (options.format) {
    // A page is made as of many users.
    case 'html':
    case 'text':
      terminal.stdout(
        simulationText(simulation, {
          colours,
          verbosity: options.verbose,
          showSecrets,
          columns: terminal.columns,
          trial,
          told,
          plans,
        }),
      );
      return exitCodeOf(simulation, trial ?? null);
    case 'json':
      terminal.stdout(simulationJson(simulation, showSecrets, trial));
      return exitCodeOf(simulation, trial ?? null);
    case 'mermaid':
      terminal.stdout(simulationMermaid(simulation));
      return exitCodeOf(simulation, trial ?? null);
    case 'doveadm': {
      for (const note of simulation.notes)
        if (note.code === 'lenient') terminal.stderr(`dvproxy: lenient: ${note.message}\n`);
      return printDoveadm(doveadmReport(simulation), terminal);
    }
  }
}

function printDoveadm({ stdout, stderr, exitCode }: DoveadmReport, terminal: Terminal): number {
  terminal.stdout(toUtf8(stdout));
  terminal.stderr(toUtf8(stderr));
  return exitCode;
}

function exitCodeOf({ outcome }: Simulation, trial: Trial | null): number {
  if (!isOk(outcome)) return outcome === 'tempfail' ? EXIT_TEMPORARY : EXIT_NO;
  if (trial === null || isAnswered(trial)) return EXIT_OK;
  return trial.outcome === 'unanswered' || trial.outcome === 'temporary' ? EXIT_TEMPORARY : EXIT_NO;
}
