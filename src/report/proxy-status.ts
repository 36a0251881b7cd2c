import { type BackendState, type BackendStatus, stateOf } from '../serve/operation/backend-health.js';
import type { ProxyStatus } from '../serve/operation/operator.js';
import type { SessionInfo } from '../serve/operation/session-record.js';
import { displayText, displayWidth } from './display-text.js';

/** A session, and how its backend is for new ones. */
type SessionRow = SessionInfo & { readonly backend_state: BackendState | null };

/** The sessions as a table, the columns as wide as they must be. */
export function sessionsText(sessions: readonly SessionRow[], now: Date): string {
  const rows = sessions.map((session) => [
    displayText(session.user || '-'),
    session.protocol,
    session.client_ip,
    placeText(session.backend, session.backend_state),
    session.state,
    age(now.getTime() - Date.parse(session.since)),
    session.idle_ms === null ? '-' : age(session.idle_ms),
  ]);
  return tableText([['username', 'proto', 'src ip', 'backend', 'state', 'open', 'idle'], ...rows]);
}

function placeText(backend: string | null, state: BackendState | null): string {
  if (backend === null) return '-';
  return state === null || state === 'up' ? backend : `${backend} (${wordOf(state)})`;
}

function wordOf(state: BackendState): string {
  return state.replace('_', '-');
}

/** Backends that are not simply well. */
export function backendsText(backends: readonly BackendStatus[], now: Date): string {
  if (backends.length === 0) return 'all backends are well\n';
  const rows = backends.map(({ backend, state, failures, last_error, last_failure }) => [
    backend,
    wordOf(state),
    failures,
    last_failure === null ? '-' : age(now.getTime() - Date.parse(last_failure)),
    displayText(last_error ?? '-'),
  ]);
  return tableText([['backend', 'state', 'failures', 'last', 'error'], ...rows]);
}

/** What a running proxy did so far. */
export function statusText(status: ProxyStatus, now: Date): string {
  const { counts, sessions } = status;
  const proxied = sessions.filter(({ state }) => state === 'proxied').length;
  const general = [
    ['serving', `${status.endpoints.join(' ')}`],
    ['as', `Dovecot ${status.dovecot}`],
    ['up', age(now.getTime() - Date.parse(status.started))],
    ['processes', `${status.workers}, pid ${status.pid}`],
    ['sessions', `${proxied} proxied, ${sessions.length - proxied} logging in`],
    ['relayed', `${counts.bytes.to_backends} bytes to backends, ${counts.bytes.to_clients} to clients`],
  ];
  const logins = Object.keys(counts.connections)
    .sort()
    .map((protocol) => [
      protocol,
      counts.connections[protocol] ?? 0,
      counts.logins[`${protocol} ok`] ?? 0,
      counts.logins[`${protocol} refused`] ?? 0,
      counts.logins[`${protocol} tempfail`] ?? 0,
    ]);
  const names = [...new Set(Object.keys(counts.backends).map((key) => key.split(' ')[0] ?? ''))].sort();
  const backends = names.map((name) => [
    name,
    wordOf(stateOf(name, status.backends) ?? 'up'),
    sessions.filter(({ backend, state }) => backend === name && state === 'proxied').length,
    counts.backends[`${name} connected`] ?? 0,
    counts.backends[`${name} failed`] ?? 0,
  ]);
  const parts = [tableText(general)];
  if (logins.length > 0)
    parts.push(tableText([['protocol', 'connections', 'ok', 'refused', 'tempfail'], ...logins]));
  if (backends.length > 0)
    parts.push(tableText([['backend', 'state', 'sessions', 'connected', 'failed'], ...backends]));
  if (status.backends.length > 0) parts.push(backendsText(status.backends, now));
  return parts.join('\n');
}

function tableText(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(String(cell)));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const text = String(cell);
        const room = ' '.repeat((widths[column] ?? 0) - displayWidth(text));
        return typeof cell === 'number' ? room + text : text + room;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const days = Math.floor(seconds / 86_400);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days > 0 ? `${days}d ${clock}` : clock;
}
