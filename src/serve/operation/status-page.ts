import { type BackendState, stateOf } from './backend-health.js';
import type { ProxyStatus } from './operator.js';
import type { SessionInfo } from './session-record.js';

/** Rows of the table of sessions: more say less. */
const MAX_SESSIONS = 500;

/** The state of the proxy as a page without scripts that loads itself again. `loginsAMinute`: lately. */
export function statusPage(status: ProxyStatus, version: string, now: Date, loginsAMinute: number): string {
  const proxied = status.sessions.filter(({ state }) => state === 'proxied');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>dvproxy: ${count(proxied.length, 'session', 'sessions')}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>dvproxy</h1>
<p>${html(version)} as Dovecot ${html(status.dovecot)}, up ${html(duration(now.getTime() - Date.parse(status.started)))}, ${count(status.workers, 'process', 'processes')}, pid ${status.pid}</p>
</header>
<main>
<ul class="figures">
${figure('proxied sessions', proxied.length)}
${figure('logging in', status.sessions.length - proxied.length)}
${figure('logins', sumOf(status.counts.logins, ' ok'))}
${figure('refused', sumOf(status.counts.logins, ' refused'))}
${figure('temporary failures', sumOf(status.counts.logins, ' tempfail'))}
${figure('logins a minute', rateText(loginsAMinute))}
</ul>
<h2>Backends</h2>
${backendTable(status, proxied)}
<h2>Protocols</h2>
${protocolTable(status)}
<h2>Sessions</h2>
${sessionTable(status.sessions, now)}
<p class="quiet">Listening on ${html(status.endpoints.join(', '))}. <a href="/metrics">Metrics</a>. Seen at ${now.toISOString()}.</p>
</main>
</body>
</html>
`;
}

function backendTable({ counts, backends }: ProxyStatus, proxied: readonly SessionInfo[]): string {
  const names = new Set(Object.keys(counts.backends).map((key) => key.split(' ')[0] ?? ''));
  const sessions = new Map<string, number>();
  for (const { backend } of proxied) {
    if (backend === null) continue;
    names.add(backend);
    sessions.set(backend, (sessions.get(backend) ?? 0) + 1);
  }
  for (const { backend } of backends) names.add(backend);
  const rows = [...names].sort().map((name) => {
    const failed = counts.backends[`${name} failed`] ?? 0;
    const error = backends.find(({ backend }) => backend === name)?.last_error ?? '';
    return [
      text(name),
      stateCell(stateOf(name, backends) ?? 'up'),
      number(sessions.get(name) ?? 0),
      number(counts.backends[`${name} connected`] ?? 0),
      failed > 0 ? `<td class="number bad">${failed}</td>` : number(0),
      text(error),
    ];
  });
  const heads = ['backend', 'state', '#sessions', '#connected', '#failed', 'last error'];
  return table(heads, rows, 'No backend was asked yet.');
}

function stateCell(state: BackendState): string {
  const word = state.replace('_', '-');
  return state === 'up' ? text(word) : `<td class="bad">${word}</td>`;
}

function protocolTable({ counts, sessions }: ProxyStatus): string {
  const rows = Object.keys(counts.connections)
    .sort()
    .map((protocol) => [
      text(protocol),
      number(sessions.filter((one) => one.protocol === protocol).length),
      number(counts.connections[protocol] ?? 0),
      number(counts.logins[`${protocol} ok`] ?? 0),
      number(counts.logins[`${protocol} refused`] ?? 0),
      number(counts.logins[`${protocol} tempfail`] ?? 0),
    ]);
  const heads = ['protocol', '#sessions', '#connections', '#ok', '#refused', '#tempfail'];
  return table(heads, rows, 'Nobody has connected yet.');
}

function sessionTable(sessions: readonly SessionInfo[], now: Date): string {
  const rows = sessions
    .slice(0, MAX_SESSIONS)
    .map((one) => [
      text(one.user || '(before login)'),
      text(one.protocol),
      text(one.client_ip),
      text(one.backend ?? ''),
      text(duration(now.getTime() - Date.parse(one.since))),
      text(one.idle_ms === null ? '' : duration(one.idle_ms)),
    ]);
  const more = sessions.length - rows.length;
  const note = more > 0 ? `<p class="quiet">${more} more: dvproxy who</p>` : '';
  return table(['user', 'protocol', 'from', 'backend', 'open', 'idle'], rows, 'Nobody is connected.') + note;
}

/** `heads`: those of numbers begin with `#`. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], nothing: string): string {
  if (rows.length === 0) return `<p class="quiet">${nothing}</p>`;
  const head = heads.map((name) =>
    name.startsWith('#') ? `<th class="number">${html(name.slice(1))}</th>` : `<th>${html(name)}</th>`,
  );
  const body = rows.map((cells) => `<tr>${cells.join('')}</tr>`);
  const rowsText = `<thead><tr>${head.join('')}</tr></thead><tbody>\n${body.join('\n')}\n</tbody>`;
  return `<div class="wide"><table>${rowsText}</table></div>`;
}

function text(value: string): string {
  return `<td>${html(value)}</td>`;
}

function number(value: number): string {
  return `<td class="number">${value}</td>`;
}

function rateText(rate: number): string {
  return rate < 10 ? rate.toFixed(1) : rate.toFixed(0);
}

function figure(label: string, value: number | string): string {
  return `<li><strong>${value}</strong> ${label}</li>`;
}

function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}

export function sumOf(counts: Readonly<Record<string, number>>, end: string): number {
  return Object.entries(counts).reduce((sum, [key, value]) => (key.endsWith(end) ? sum + value : sum), 0);
}

function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

function html(value: string): string {
  return value.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c22; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 64rem; padding: 1rem; }
h1 { margin: 0; font-size: 1.4rem; } h2 { margin: 1.6rem 0 .4rem; font-size: 1.05rem; }
header p, .quiet { opacity: .75; margin: .2rem 0; }
.figures { list-style: none; display: flex; flex-wrap: wrap; gap: 1.5rem; padding: 0; }
.figures strong { display: block; font-size: 1.8rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem 1rem .25rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: break-word; max-width: 24rem; }
.wide { overflow-x: auto; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.bad { color: var(--bad); font-weight: 600; }
`;
