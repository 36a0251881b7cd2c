import { Counter, Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import type { ProxyStatus } from './operator.js';

/**
 * A status as OpenMetrics text. Every scrape makes its own registry: the numbers are those of all processes, which no
 * registry of one process has.
 */
export async function metricsText(status: ProxyStatus, version: string): Promise<string> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `dvproxy_${name}`, help, labelNames: [...labelNames], registers });
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: `dvproxy_${name}`, help, labelNames: [...labelNames], registers });

  gauge('build_info', 'Version of dvproxy, and of the Dovecot whose configuration it serves', [
    'version',
    'dovecot',
  ]).set({ version, dovecot: status.dovecot }, 1);
  gauge('start_time_seconds', 'When the proxy was started, in seconds since 1970').set(
    Date.parse(status.started) / 1000,
  );
  gauge('workers', 'Processes that serve').set(status.workers);

  const sessions = gauge('sessions', 'Open sessions by protocol and state (login, proxied)', [
    'protocol',
    'state',
  ]);
  const perBackend = gauge('backend_sessions', 'Proxied sessions by backend', ['backend']);
  for (const { protocol, state, backend } of status.sessions) {
    sessions.inc({ protocol, state });
    if (state === 'proxied' && backend !== null) perBackend.inc({ backend });
  }

  const state = gauge('backend_state', 'Backends that are not well: 1 for their state', ['backend', 'state']);
  const failures = gauge('backend_failures', 'Failures in a row of backends that fail', ['backend']);
  for (const one of status.backends) {
    state.set({ backend: one.backend, state: one.state }, 1);
    failures.set({ backend: one.backend }, one.failures);
  }

  const connections = counter('connections', 'Accepted connections by protocol', ['protocol']);
  for (const [protocol, count] of Object.entries(status.counts.connections))
    connections.inc({ protocol }, count);
  const logins = counter(
    'logins',
    'Answers of the auth process by protocol and result (ok, refused, tempfail)',
    ['protocol', 'result'],
  );
  for (const [key, count] of Object.entries(status.counts.logins)) {
    const [protocol = '', result = ''] = key.split(' ');
    logins.inc({ protocol, result }, count);
  }
  const connects = counter('backend_connects', 'Tries to connect by backend and result (connected, failed)', [
    'backend',
    'result',
  ]);
  for (const [key, count] of Object.entries(status.counts.backends)) {
    const [backend = '', result = ''] = key.split(' ');
    connects.inc({ backend, result }, count);
  }
  const bytes = counter('relayed_bytes', 'Bytes of ended sessions by direction (to_backend, to_client)', [
    'direction',
  ]);
  bytes.inc({ direction: 'to_backend' }, status.counts.bytes.to_backends);
  bytes.inc({ direction: 'to_client' }, status.counts.bytes.to_clients);
  return registry.metrics();
}
