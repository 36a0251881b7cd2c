import { fromUtf8 } from '../../grammar/bytes.js';
import { ChainRefused } from '../auth/chain.js';
import type { Config } from '../config/config.js';
import { ListenError } from '../serve/listeners.js';
import type { ServeLog } from '../serve/log.js';
import { GreetingRefused } from '../serve/login-greeting.js';
import { AdminSocketError } from '../serve/operation/admin-server.js';
import { HandoverFailed, handedInherited, handedOver } from '../serve/operation/handover.js';
import { HttpListenError } from '../serve/operation/http-server.js';
import { PrivilegeError } from '../serve/operation/privileges.js';
import { inheritedSockets } from '../serve/operation/service-manager.js';
import type { SharedState } from '../serve/operation/shared-state.js';
import type { ServerOptions } from '../serve/server.js';
import { TlsSetupError } from '../serve/tls-context.js';
import { isWorker } from '../serve/workers.js';
import { loadFor, mappedPath } from './config-file.js';
import { CommandFailure, EXIT_NO } from './exit-codes.js';
import { nodeSystem } from './node-system.js';
import { refusalOf } from './refusal.js';
import type { ServeCommandOptions } from './serve-command.js';
import type { Terminal } from './terminal.js';

/** One `dvproxy serve`, as each of its processes knows it. */
export interface Serving {
  readonly options: ServeCommandOptions;
  readonly config: Config;
  readonly log: ServeLog;
  readonly terminal: Terminal;
}

/** The configuration as it is written now; throws what Dovecot refuses. */
export function loadServed(options: ServeCommandOptions): Config {
  const config = loadFor(options.config, { ...options, resolve: true });
  const refusal = refusalOf(config, options.lenient);
  if (refusal !== null) throw new CommandFailure(refusal, EXIT_NO);
  return config;
}

export function serverOptions(
  { options, config, log, terminal }: Serving,
  shared: SharedState,
): ServerOptions {
  const { environment } = terminal;
  return {
    config,
    listen: options.listen,
    inherited: inheritedAt(environment),
    handed: handedOver(environment)?.sockets ?? [],
    fixtures: options.fixture,
    log,
    shared,
    share: 1 / options.workers,
    system: nodeSystem(),
    environment,
    mapPath: mappedPath(options.map),
  };
}

/** Sockets of the service manager, from itself or by way of the process that is replaced. */
export function inheritedAt(environment: Terminal['environment']) {
  const own = inheritedSockets(environment, isWorker() ? process.ppid : process.pid);
  return own.length > 0 ? own : handedInherited(environment);
}

/** What the user is told of a start that failed. */
export function startFailure(error: unknown): unknown {
  if (error instanceof ChainRefused) return new CommandFailure(`auth: Fatal: ${error.message}`, EXIT_NO);
  if (isStartError(error)) return new CommandFailure(error.message, EXIT_NO);
  return error;
}

const START_ERRORS = [
  ListenError,
  GreetingRefused,
  TlsSetupError,
  AdminSocketError,
  HttpListenError,
  PrivilegeError,
  HandoverFailed,
];

/** An address, a certificate, a socket or a user that cannot be used. */
function isStartError(error: unknown): error is Error {
  return START_ERRORS.some((kind) => error instanceof kind);
}

/** Reads the configuration again: a configuration that cannot be used changes nothing. */
export async function reloadOnSignal(reload: () => Promise<void>, log: ServeLog): Promise<void> {
  try {
    await reload();
    log.line('dvproxy', 'info', 'configuration reloaded');
  } catch (error) {
    log.line('dvproxy', 'error', `configuration not reloaded, the old one stays in use: ${textOf(error)}`);
  }
}

export async function restartOnSignal(restart: () => Promise<void>, log: ServeLog): Promise<void> {
  try {
    await restart();
  } catch (error) {
    log.line('dvproxy', 'error', `not restarted, this process goes on: ${textOf(error)}`);
  }
}

function textOf(error: unknown): string {
  return fromUtf8(error instanceof Error ? error.message : String(error));
}
