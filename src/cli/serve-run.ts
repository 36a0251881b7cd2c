import { toUtf8 } from '../../grammar/bytes.js';
import { ServeLog } from '../serve/log.js';
import { LogFile, LogFileError } from '../serve/operation/log-file.js';
import { joinStatus, type Operator } from '../serve/operation/operator.js';
import { becomeUser } from '../serve/operation/privileges.js';
import { stateOfSupervisor } from '../serve/operation/shared-line.js';
import type { SharedState } from '../serve/operation/shared-state.js';
import { answerSupervisor } from '../serve/operation/worker-line.js';
import { ProxyServer } from '../serve/server.js';
import { isWorker, leave, reportReady, WorkerSupervisor } from '../serve/workers.js';
import { CommandFailure, EXIT_NO, EXIT_OK } from './exit-codes.js';
import type { ServeCommandOptions } from './serve-command.js';
import { MainProcess } from './serve-main-process.js';
import {
  loadServed,
  reloadOnSignal,
  restartOnSignal,
  type Serving,
  serverOptions,
  startFailure,
} from './serve-start.js';
import type { Terminal } from './terminal.js';

/** Loads, serves until a signal says stop, and returns the exit code. */
export async function runServe(options: ServeCommandOptions, given: Terminal): Promise<number> {
  const terminal = withPatientStderr(given);
  const config = loadServed(options);
  for (const reading of config.readings) terminal.stderr(`dvproxy: lenient: ${reading.text}\n`);
  // An address as TLS server name is what Dovecot sends; Node warns of it once.
  process.noDeprecation = true;
  const timestamp = config.effective.setting('log_timestamp')?.text ?? '%b %d %H:%M:%S ';
  const file = openLogFile(options);
  const write = file === null ? terminal.stderr.bind(terminal) : file.write.bind(file);
  const log = new ServeLog(write, options.logFormat, toUtf8(timestamp));
  const reopen = () => {
    log.flush();
    file?.reopen();
  };
  // Without a listener Node would start its debugger.
  process.on('SIGUSR1', reopen);
  const serving: Serving = { options, config, log, terminal };
  if (isWorker()) return serveAsWorker(serving);
  const main = new MainProcess(serving);
  return options.workers > 1 ? supervise(serving, main) : serveAlone(serving, main);
}

/** Where nothing can be written (a full disk), lines are lost: sessions go on. */
function withPatientStderr(terminal: Terminal): Terminal {
  const stderr = (text: string) => {
    try {
      terminal.stderr(text);
    } catch {
      // There is nowhere to say it.
    }
  };
  return { ...terminal, stderr };
}

function openLogFile({ logPath }: ServeCommandOptions): LogFile | null {
  try {
    return logPath === undefined ? null : new LogFile(logPath);
  } catch (error) {
    if (error instanceof LogFileError) throw new CommandFailure(error.message, EXIT_NO);
    throw error;
  }
}

async function start(serving: Serving, shared: SharedState): Promise<ProxyServer> {
  let server: ProxyServer;
  try {
    server = await ProxyServer.start(serverOptions(serving, shared));
  } catch (error) {
    throw startFailure(error);
  }
  if (server.endpoints.length > 0) return server;
  await server.stop(0);
  throw new CommandFailure('the configuration has no listener that can be served; use --listen', EXIT_NO);
}

/** The configuration as it is now, ready to be used. */
async function prepareReload(server: ProxyServer, serving: Serving, shared: SharedState) {
  try {
    const config = loadServed(serving.options);
    return await server.prepareReload(serverOptions({ ...serving, config }, shared));
  } catch (error) {
    throw startFailure(error);
  }
}

/** One process serves. */
async function serveAlone(serving: Serving, main: MainProcess): Promise<number> {
  const { config, log } = serving;
  const started = new Date().toISOString();
  const server = await start(serving, main.state);
  const running = untilStopped(server);
  const operator: Operator = {
    status: async () => ({
      dovecot: config.version,
      pid: process.pid,
      workers: 1,
      started,
      endpoints: server.endpoints,
      ...joinStatus([server.status]),
      backends: main.state.backends,
    }),
    kick: async (question) => server.kick(question),
    changeBackend: async (action, place) => main.state.change(action, place),
    reload: async () => (await prepareReload(server, serving, main.state)).use(),
    restart: async () => {
      await main.replace(server.endpoints);
      running.retire();
    },
    stop: async () => running.stop(),
  };
  // Whoever reads `ready` may signal at once.
  onSignals(operator, log);
  try {
    await main.begin(operator, server.endpoints);
  } catch (error) {
    await server.stop(0);
    await main.abandon();
    throw startFailure(error);
  }
  await running.stopped;
  await main.end();
  return EXIT_OK;
}

/** One of several processes that serve. */
async function serveAsWorker(serving: Serving): Promise<number> {
  const shared = stateOfSupervisor();
  const server = await start(serving, shared);
  const running = untilStopped(server);
  // A signal to all processes: the supervisor sees to it that all or none reload, and replaces them together.
  process.on('SIGHUP', () => undefined);
  process.on('SIGUSR2', () => undefined);
  serving.log.flush();
  if (serving.options.user !== undefined) becomeUser(serving.options.user);
  answerSupervisor({
    status: () => server.status,
    kick: (question) => server.kick(question),
    prepare: () => prepareReload(server, serving, shared),
    retire: () => running.retire(),
  });
  reportReady(server.endpoints);
  await running.stopped;
  leave();
  return EXIT_OK;
}

/** Several processes serve; this one only keeps them. */
async function supervise(serving: Serving, main: MainProcess): Promise<number> {
  const { options, config, log } = serving;
  let served: readonly string[] = [];
  const replace = () => main.replace(served);
  const supervisor = new WorkerSupervisor(options.workers, config.version, log, main.state, replace);
  onSignals(supervisor, log);
  const exitCode = await supervisor.run(async (endpoints) => {
    served = endpoints;
    try {
      await main.begin(supervisor, endpoints);
    } catch (error) {
      await supervisor.stop();
      await main.abandon();
      throw startFailure(error);
    }
  });
  await main.end();
  return exitCode;
}

function onSignals(operator: Operator, log: ServeLog): void {
  process.on('SIGHUP', () => void reloadOnSignal(() => operator.reload(), log));
  process.on('SIGUSR2', () => void restartOnSignal(() => operator.restart(), log));
}

/** How a process that serves comes to its end. */
interface Running {
  readonly stopped: Promise<void>;
  /** Does what SIGTERM does. */
  stop(): void;
  /** A successor serves: sessions may end by themselves. */
  retire(): void;
}

function untilStopped(server: ProxyServer): Running {
  let stop = () => {};
  let retire = () => {};
  const stopped = new Promise<void>((resolve, reject) => {
    stop = () => void server.stop().then(resolve, reject);
    retire = () => void server.retire().then(resolve, reject);
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return { stopped, stop, retire };
}
