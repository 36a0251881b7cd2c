/** Clients are let go in steps of that. Dovecot login-proxy.c PROXY_DISCONNECT_INTERVAL_MSECS */
const INTERVAL_MS = 100;

interface Backend {
  proxying: number;
  /** Disconnects since `since`. */
  disconnects: number;
  since: number;
  delayed: number;
}

/**
 * When a backend goes away, its clients are not sent away all at once: they would all come back at once
 * (login_proxy_max_disconnect_delay). Dovecot login-proxy.c login_proxy_delay_disconnect
 */
export class DisconnectSpread {
  readonly #now: () => number;
  readonly #below: (limit: number) => number;
  readonly #backends = new Map<string, Backend>();

  /** `below`: a random number under its limit. */
  constructor(now: () => number, below: (limit: number) => number) {
    this.#now = now;
    this.#below = below;
  }

  /** Backends that something is known of. */
  get size(): number {
    return this.#backends.size;
  }

  started(backend: string): void {
    this.#of(backend).proxying += 1;
  }

  /** The client or the proxy itself ended it. */
  ended(backend: string): void {
    const state = this.#of(backend);
    state.proxying -= 1;
    this.#tidy(backend, state);
  }

  /** The backend ended it: milliseconds that the client is kept, which then has to be told `gone`; 0 = it goes now. */
  left(backend: string, maxDelayMs: number): number {
    const state = this.#of(backend);
    state.proxying -= 1;
    const seconds = Math.floor(maxDelayMs / 1000);
    if (seconds === 0) {
      this.#tidy(backend, state);
      return 0;
    }
    if (state.disconnects === 0) state.since = this.#now() + this.#below(INTERVAL_MS);
    state.disconnects += 1;
    const all = state.proxying + state.disconnects;
    if (state.disconnects <= Math.ceil(all / seconds) && state.delayed === 0) {
      this.#tidy(backend, state);
      return 0;
    }
    const steps = Math.floor((seconds * state.disconnects * (1000 / INTERVAL_MS)) / all);
    const delay = Math.floor(state.since + INTERVAL_MS * steps - this.#now());
    if (delay <= 0) return 0;
    state.delayed += 1;
    return delay;
  }

  gone(backend: string): void {
    const state = this.#of(backend);
    state.delayed -= 1;
    if (state.delayed === 0) state.disconnects = 0;
    this.#tidy(backend, state);
  }

  #of(backend: string): Backend {
    let state = this.#backends.get(backend);
    if (state === undefined) {
      state = { proxying: 0, disconnects: 0, since: 0, delayed: 0 };
      this.#backends.set(backend, state);
    }
    return state;
  }

  /** Nothing is kept of a backend that nobody uses. */
  #tidy(backend: string, { proxying, delayed }: Backend): void {
    if (proxying <= 0 && delayed <= 0) this.#backends.delete(backend);
  }
}
