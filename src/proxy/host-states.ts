import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';

/** What is known of one address and port; milliseconds since 1970, 0 = never. Dovecot login-proxy-state.h */
interface HostState {
  lastSuccess: number;
  lastFailure: number;
  /** Connections that are being made. */
  waiting: number;
}

/** Addresses that are kept in mind; the one that came first is forgotten first. */
const MAX_HOSTS = 10_000;

/** Which backends could be reached when. Each login process of Dovecot has its own; here each worker has. */
export class HostStates {
  readonly #states = new Map<string, HostState>();

  /** A connection is about to be made. */
  attempt(ip: string, port: number, now: number): HostAttempt {
    const state = this.#of(`${ip} ${port}`);
    // A first failure is no outage yet. Dovecot login-proxy.c login_proxy_connect
    if (state.lastSuccess === 0) state.lastSuccess = now - 1000;
    return new HostAttempt(state);
  }

  #of(name: string): HostState {
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    if (this.#states.size >= MAX_HOSTS) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    const state = { lastSuccess: 0, lastFailure: 0, waiting: 0 };
    this.#states.set(name, state);
    return state;
  }
}

/** One connection until it is made, fails, or is given up. */
export class HostAttempt {
  readonly #state: HostState;
  #waiting = true;

  constructor(state: HostState) {
    this.#state = state;
    state.waiting += 1;
  }

  /**
   * Why no connection is worth it: the last ones failed for longer than that many seconds, and others still try
   * (proxy_host_immediate_failure_after); null: it may be made.
   */
  downReason(series: Series, limit: number): ByteString | null {
    const { lastFailure, lastSuccess, waiting } = this.#state;
    if (limit === 0 || lastFailure <= lastSuccess || waiting <= 1) return null;
    // 2.3 compares whole seconds of the clock, 2.4 what has passed between them.
    const success = Math.floor(lastSuccess / 1000);
    const seconds =
      series === '2.3'
        ? Math.floor(lastFailure / 1000) - success
        : Math.floor((lastFailure - lastSuccess) / 1000);
    if (seconds <= limit) return null;
    return series === '2.3'
      ? 'Host is down'
      : `Host has been down for ${seconds} secs (last success was ${success})`;
  }

  connected(now: number): void {
    this.end();
    this.#state.lastSuccess = now;
  }

  /** A login that began before the last success proves nothing. Dovecot login-proxy.c proxy_fail_connect */
  failed(now: number, begun: number): void {
    this.end();
    if (begun >= this.#state.lastSuccess) this.#state.lastFailure = now;
  }

  /** Nobody waits for it any more. */
  end(): void {
    if (this.#waiting) this.#state.waiting -= 1;
    this.#waiting = false;
  }
}
