import { fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { ChainRefused } from '../auth/chain.js';
import type { Config } from '../config/config.js';
import { ListenError } from '../serve/listeners.js';
import { ServeLog } from '../serve/log.js';
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
  const log = new ServeLog((text) => terminal.stderr(text), options.logFormat, toUtf8(timestamp));
  if (options.workers > 1 && !isWorker()) return supervise(config, options, log, terminal);
  const server = await start(serverOptions(config, options, log, terminal));
  if (server.endpoints.length === 0) {
    await server.stop(0);
    throw new CommandFailure('the configuration has no listener that can be served; use --listen', EXIT_NO);
  }
  // Whoever reads `ready` may signal at once.
  const stopped = untilStopped(server, options, log, terminal);
  log.flush();
  if (isWorker()) reportReady(server.endpoints);
  else announce(server.endpoints, config, terminal);
  await stopped;
  if (isWorker()) leave();
  return EXIT_OK;
}

function announce(endpoints: readonly string[], config: Config, terminal: Terminal): void {
  terminal.stderr(`dvproxy: ready ${endpoints.join(' ')} (Dovecot ${config.version}, pid ${process.pid})\n`);
}

/** Several processes serve; this one only keeps them. */
async function supervise(
  config: Config,
  options: ServeCommandOptions,
  log: ServeLog,
  terminal: Terminal,
): Promise<number> {
  const supervisor = new WorkerSupervisor(options.workers, log);
  const exitCode = await supervisor.run((endpoints) => announce(endpoints, config, terminal));
  log.flush();
  return exitCode;
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
  if (error instanceof ListenError || error instanceof TlsSetupError)
    return new CommandFailure(error.message, EXIT_NO);
  return error;
}

function untilStopped(
  server: ProxyServer,
  options: ServeCommandOptions,
  log: ServeLog,
  terminal: Terminal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const reload = () => void reloadAll(server, options, log, terminal);
    let stopping = false;
    const stop = () => {
      if (stopping) return;
      stopping = true;
      server.stop().then(resolve, reject);
    };
    process.on('SIGHUP', reload);
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

/** All or nothing: a configuration that cannot be used changes nothing. */
async function reloadAll(
  server: ProxyServer,
  options: ServeCommandOptions,
  log: ServeLog,
  terminal: Terminal,
): Promise<void> {
  try {
    await server.reload(serverOptions(load(options), options, log, terminal));
    log.line('dvproxy', 'info', 'configuration reloaded');
  } catch (error) {
    const refusal = startFailure(error);
    const text = refusal instanceof Error ? refusal.message : String(refusal);
    log.line('dvproxy', 'error', fromUtf8(`configuration not reloaded, the old one stays in use: ${text}`));
  }
}
