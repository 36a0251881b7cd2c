import { isIP } from 'node:net';
import { backendsText, sessionsText, statusText } from '../report/proxy-status.js';
import { askProxy, NoProxy } from '../serve/operation/admin-client.js';
import type { AdminReply, AdminRequest } from '../serve/operation/admin-protocol.js';
import { addressOf, stateOf } from '../serve/operation/backend-health.js';
import type { ProxyStatus } from '../serve/operation/operator.js';
import type { BackendAction } from '../serve/operation/shared-state.js';
import type { AdminOptions, KickOptions } from './admin-commands.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_TEMPORARY, EXIT_USAGE } from './exit-codes.js';
import type { Terminal } from './terminal.js';

type Done = Extract<AdminReply, { ok: true }>;

async function ask(options: AdminOptions, request: AdminRequest): Promise<Done> {
  let reply: AdminReply;
  try {
    reply = await askProxy(options.admin, request);
  } catch (error) {
    if (error instanceof NoProxy) throw new CommandFailure(error.message, EXIT_TEMPORARY);
    throw error;
  }
  if (!reply.ok) throw new CommandFailure(reply.error, EXIT_NO);
  return reply;
}

async function statusOf(options: AdminOptions): Promise<ProxyStatus> {
  const { status } = await ask(options, { schema: 1, command: 'status' });
  if (status === undefined) throw new CommandFailure('the proxy told no status', EXIT_TEMPORARY);
  return status;
}

/** The open sessions; of one user only where one is named. */
export async function runWho(
  user: string | undefined,
  options: AdminOptions,
  terminal: Terminal,
): Promise<number> {
  const { sessions, backends } = await statusOf(options);
  const shown = sessions
    .filter((session) => user === undefined || session.user === user)
    .map((session) => ({ ...session, backend_state: stateOf(session.backend, backends) }));
  terminal.stdout(
    options.format === 'json'
      ? `${JSON.stringify({ schema: 1, sessions: shown }, null, 2)}\n`
      : sessionsText(shown, new Date()),
  );
  return EXIT_OK;
}

/** Ends sessions; exit code 1 where there was none to end. */
export async function runKick(
  user: string | undefined,
  options: KickOptions,
  terminal: Terminal,
): Promise<number> {
  if (user === undefined && options.host === undefined)
    throw new CommandFailure('name a user, or a backend with -h', EXIT_USAGE);
  const question = { user: user ?? null, host: options.host ?? null };
  const { kicked = 0 } = await ask(options, { schema: 1, command: 'kick', ...question });
  terminal.stdout(
    options.format === 'json'
      ? `${JSON.stringify({ schema: 1, kicked }, null, 2)}\n`
      : // As doveadm proxy kick words it.
        `${kicked} connections kicked\n`,
  );
  return kicked > 0 ? EXIT_OK : EXIT_NO;
}

export async function runStats(options: AdminOptions, terminal: Terminal): Promise<number> {
  const status = await statusOf(options);
  const { sessions, ...counts } = status;
  terminal.stdout(
    options.format === 'json'
      ? `${JSON.stringify({ schema: 1, ...counts, sessions: sessions.length }, null, 2)}\n`
      : statusText(status, new Date()),
  );
  return EXIT_OK;
}

const ACTIONS: readonly string[] = ['drain', 'reset'] satisfies BackendAction[];

function isAction(text: string): text is BackendAction {
  return ACTIONS.includes(text);
}

/** Tells which backends are not well, or changes one. Exit code 1: there was nothing to reset. */
export async function runBackend(
  action: string | undefined,
  place: string | undefined,
  options: AdminOptions,
  terminal: Terminal,
): Promise<number> {
  if (action === undefined) {
    const { backends } = await statusOf(options);
    const json = () => `${JSON.stringify({ schema: 1, backends }, null, 2)}\n`;
    terminal.stdout(options.format === 'json' ? json() : backendsText(backends, new Date()));
    return EXIT_OK;
  }
  if (!isAction(action)) throw new CommandFailure('the action is drain or reset', EXIT_USAGE);
  if (place === undefined || !isPlace(place))
    throw new CommandFailure('name the backend as ADDRESS or ADDRESS:PORT', EXIT_USAGE);
  const { changed = false } = await ask(options, { schema: 1, command: 'backend', action, place });
  const told = changed ? 'done' : 'it was well already';
  terminal.stdout(
    options.format === 'json'
      ? `${JSON.stringify({ schema: 1, changed }, null, 2)}\n`
      : `${action} ${place}: ${told}\n`,
  );
  return changed ? EXIT_OK : EXIT_NO;
}

/** `192.0.2.1`, `192.0.2.1:143`, `2001:db8::1`, `[2001:db8::1]:143`. */
function isPlace(text: string): boolean {
  return isIP(text) !== 0 || (/:\d{1,5}$/.test(text) && isIP(addressOf(text)) !== 0);
}

export async function runRestart(options: AdminOptions, terminal: Terminal): Promise<number> {
  await ask(options, { schema: 1, command: 'restart' });
  if (options.format === 'json')
    terminal.stdout(`${JSON.stringify({ schema: 1, restarted: true }, null, 2)}\n`);
  else terminal.stdout('another process serves new sessions\n');
  return EXIT_OK;
}

export async function runReload(options: AdminOptions, terminal: Terminal): Promise<number> {
  await ask(options, { schema: 1, command: 'reload' });
  if (options.format === 'json')
    terminal.stdout(`${JSON.stringify({ schema: 1, reloaded: true }, null, 2)}\n`);
  else terminal.stdout('configuration reloaded\n');
  return EXIT_OK;
}

export async function runStop(options: AdminOptions, terminal: Terminal): Promise<number> {
  await ask(options, { schema: 1, command: 'stop' });
  if (options.format === 'json')
    terminal.stdout(`${JSON.stringify({ schema: 1, stopping: true }, null, 2)}\n`);
  else terminal.stdout('stopping\n');
  return EXIT_OK;
}
