import type { EffectiveConfig, ServiceSettings } from '../config/effective.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import type { ServedProtocol } from '../proxy/login-protocols.js';

/** What a service has where nothing is written. Dovecot 2.3.19.1 and 2.4.1 master-settings.c */
const DEFAULT_PROCESS_LIMIT = 100;
const DEFAULT_CLIENT_LIMITS: readonly number[] = [1, 1000];
/** Connections that wait for room are dropped after that. Dovecot service-monitor.c SERVICE_DROP_TIMEOUT_MSECS */
const WAIT_MS = 10_000;
/** Dovecot service-monitor.c SERVICE_DROP_WARN_INTERVAL_SECS */
const WARN_MS = 1000;

/** How many connections a protocol takes at once. */
export interface ConnectionLimit {
  /** Infinity: as many as come. */
  readonly connections: number;
  /** What the log says where it is reached. */
  readonly warning: string;
}

/**
 * `process_limit` processes serve `client_limit` clients each, or as many as each may serve in its life. What Dovecot
 * has where nothing is written is about its memory, and is no limit here.
 */
export function connectionLimit(
  config: Pick<EffectiveConfig, 'service' | 'version'>,
  protocol: ServedProtocol,
): ConnectionLimit {
  const name = SERVICES[protocol];
  const service = config.service(name);
  if (service === null || isDefault(service)) return { connections: Number.POSITIVE_INFINITY, warning: '' };
  // Dovecot 2.3.19.1 and 2.4.1 service.c
  const clients = Math.min(service.clientLimit, service.serviceCount);
  const what = limitName(seriesOf(config.version), service, clients);
  return {
    connections: service.processLimit * clients,
    warning: `service(${name}): ${what} reached, client connections are being dropped`,
  };
}

const SERVICES: Readonly<Record<ServedProtocol, string>> = {
  imap: 'imap-login',
  pop3: 'pop3-login',
  submission: 'submission-login',
  sieve: 'managesieve-login',
  lmtp: 'lmtp',
};

function isDefault({ clientLimit, processLimit }: ServiceSettings): boolean {
  return processLimit === DEFAULT_PROCESS_LIMIT && DEFAULT_CLIENT_LIMITS.includes(clientLimit);
}

/** Dovecot service-monitor.c service_log_drop_warning */
function limitName(series: Series, { processLimit, serviceCount }: ServiceSettings, clients: number): string {
  if (processLimit > 1) return `process_limit (${processLimit})`;
  const count = series === '2.3' ? 'service_count' : 'restart_request_count';
  return serviceCount === 1 ? `client_limit/${count} (1)` : `client_limit (${clients})`;
}

interface Waiting {
  readonly open: () => void;
  readonly timer: NodeJS.Timeout;
}

/** The connections of one protocol in this process. */
export class ConnectionRoom {
  #open = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;
  readonly #waiting: Waiting[] = [];

  /**
   * A connection has come. Where there is no room an older one gives way (`makeRoom`), or it waits a while for one to
   * end, and is dropped then.
   */
  enter({ connections, warning }: ConnectionLimit, { open, drop, makeRoom, warn }: Entering): void {
    if (this.#open < connections) {
      this.#admit(open);
      return;
    }
    if (Date.now() - this.#warnedAt >= WARN_MS) {
      this.#warnedAt = Date.now();
      warn(warning);
    }
    if (makeRoom()) {
      this.#admit(open);
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      drop();
    }, WAIT_MS);
    timer.unref();
    const waiting = { open, timer };
    this.#waiting.push(waiting);
  }

  #admit(open: () => void): void {
    this.#open += 1;
    open();
  }

  /** A connection is over. */
  leave(): void {
    this.#open -= 1;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    clearTimeout(next.timer);
    this.#admit(next.open);
  }
}

interface Entering {
  readonly open: () => void;
  readonly drop: () => void;
  /** An older connection before its login gives way; false: there is none. */
  readonly makeRoom: () => boolean;
  readonly warn: (text: string) => void;
}
