import { fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import packageJson from '../../package.json' with { type: 'json' };
import { ChainRefused } from '../auth/chain.js';
import type { Config } from '../config/config.js';
import { ListenError } from '../serve/listeners.js';
import { ServeLog } from '../serve/log.js';
import { AdminSocketError } from '../serve/operation/admin-server.js';
import { HttpListenError } from '../serve/operation/http-server.js';
import { LogFile, LogFileError } from '../serve/operation/log-file.js';
import { type Operation, type OperationOptions, openOperation } from '../serve/operation/operation.js';
import { joinStatus, type Operator } from '../serve/operation/operator.js';
import { becomeUser, PrivilegeError } from '../serve/operation/privileges.js';
import { inheritedSockets, notify } from '../serve/operation/service-manager.js';
import { answerSupervisor } from '../serve/operation/worker-line.js';
import { ProxyServer, type ServerOptions } from '../serve/server.js';
import { TlsSetupError } from '../serve/tls-context.js';
import { isWorker, leave, reportReady, WorkerSupervisor } from '../serve/workers.js';
import { loadFor, mappedPath } from './config-file.js';
import { CommandFailure, EXIT_NO, EXIT_OK } from './exit-codes.js';
import { nodeSystem } from './node-system.js';
import { refusalOf } from './refusal.js';
import type { ServeCommandOptions } from './serve-command.js';
import type { Terminal } from './terminal.js';

/** Loads, serves until a signal says stop, and returns the exit code. */
export async function runServe(options: ServeCommandOptions, terminal: Terminal): Promise<number> {
  const config = load(options);
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
  if (options.workers > 1 && !isWorker()) return supervise(config, options, log, terminal);
  const started = new Date().toISOString();
  const server = await start(serverOptions(config, options, log, terminal));
  if (server.endpoints.length === 0) {
    await server.stop(0);
    throw new CommandFailure('the configuration has no listener that can be served; use --listen', EXIT_NO);
  }
  const reload = () => server.reload(serverOptions(load(options), options, log, terminal)).catch(refuse);
  // Whoever reads `ready` may signal at once.
  const running = untilStopped(server, () => reloadAll(reload, log));
  log.flush();
  if (isWorker()) {
    if (options.user !== undefined) becomeUser(options.user);
    answerSupervisor({ status: () => server.status, kick: (question) => server.kick(question), reload });
    reportReady(server.endpoints);
    await running.stopped;
    leave();
    return EXIT_OK;
  }
  const operator: Operator = {
    status: async () => ({
      dovecot: config.version,
      pid: process.pid,
      workers: 1,
      started,
      endpoints: server.endpoints,
      ...joinStatus([server.status]),
    }),
    kick: async (question) => server.kick(question),
    reload,
    stop: async () => running.stop(),
  };
  let operation: Operation;
  try {
    operation = await openOperation(operationOptions(options), operator, log);
    if (options.user !== undefined) becomeUser(options.user);
  } catch (error) {
    await server.stop(0);
    throw startFailure(error);
  }
  announce(server.endpoints, config, terminal);
  await running.stopped;
  notify(terminal.environment, 'STOPPING=1');
  await operation.close();
  return EXIT_OK;
}

function announce(endpoints: readonly string[], config: Config, terminal: Terminal): void {
  terminal.stderr(`dvproxy: ready ${endpoints.join(' ')} (Dovecot ${config.version}, pid ${process.pid})\n`);
  notify(terminal.environment, 'READY=1');
}

/** Several processes serve; this one only keeps them. */
async function supervise(
  config: Config,
  options: ServeCommandOptions,
  log: ServeLog,
  terminal: Terminal,
): Promise<number> {
  const supervisor = new WorkerSupervisor(options.workers, config.version, log);
  const operations: Operation[] = [];
  const exitCode = await supervisor.run(async (endpoints) => {
    try {
      operations.push(await openOperation(operationOptions(options), supervisor, log));
      if (options.user !== undefined) becomeUser(options.user);
    } catch (error) {
      await supervisor.stop();
      throw startFailure(error);
    }
    announce(endpoints, config, terminal);
  });
  for (const operation of operations) await operation.close();
  log.flush();
  return exitCode;
}

function openLogFile({ logPath }: ServeCommandOptions): LogFile | null {
  try {
    return logPath === undefined ? null : new LogFile(logPath);
  } catch (error) {
    if (error instanceof LogFileError) throw new CommandFailure(error.message, EXIT_NO);
    throw error;
  }
}

function operationOptions({ admin, http }: ServeCommandOptions): OperationOptions {
  return { admin: admin ?? null, http: http ?? null, version: packageJson.version };
}

function load(options: ServeCommandOptions): Config {
  const config = loadFor(options.config, { ...options, resolve: true });
  const refusal = refusalOf(config, options.lenient);
  if (refusal !== null) throw new CommandFailure(refusal, EXIT_NO);
  return config;
}

function serverOptions(
  config: Config,
  options: ServeCommandOptions,
  log: ServeLog,
  terminal: Terminal,
): ServerOptions {
  return {
    config,
    listen: options.listen,
    inherited: inheritedSockets(terminal.environment, isWorker() ? process.ppid : process.pid),
    fixtures: options.fixture,
    log,
    system: nodeSystem(),
    environment: terminal.environment,
    mapPath: mappedPath(options.map),
  };
}

async function start(options: ServerOptions): Promise<ProxyServer> {
  try {
    return await ProxyServer.start(options);
  } catch (error) {
    throw startFailure(error);
  }
}

function startFailure(error: unknown): unknown {
  if (error instanceof ChainRefused) return new CommandFailure(`auth: Fatal: ${error.message}`, EXIT_NO);
  if (isStartError(error)) return new CommandFailure(error.message, EXIT_NO);
  return error;
}

const START_ERRORS = [ListenError, TlsSetupError, AdminSocketError, HttpListenError, PrivilegeError];

/** An address, a certificate, a socket or a user that cannot be used. */
function isStartError(error: unknown): error is Error {
  return START_ERRORS.some((kind) => error instanceof kind);
}

function refuse(error: unknown): never {
  throw startFailure(error);
}

/** Listens for signals; `stop` does what SIGTERM does. */
function untilStopped(
  server: ProxyServer,
  reload: () => void,
): { readonly stopped: Promise<void>; readonly stop: () => void } {
  let stopping = false;
  let stop = () => {};
  const stopped = new Promise<void>((resolve, reject) => {
    stop = () => {
      if (stopping) return;
      stopping = true;
      server.stop().then(resolve, reject);
    };
  });
  process.on('SIGHUP', reload);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return { stopped, stop };
}

/** All or nothing: a configuration that cannot be used changes nothing. */
async function reloadAll(reload: () => Promise<void>, log: ServeLog): Promise<void> {
  try {
    await reload();
    log.line('dvproxy', 'info', 'configuration reloaded');
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    log.line('dvproxy', 'error', fromUtf8(`configuration not reloaded, the old one stays in use: ${text}`));
  }
}
