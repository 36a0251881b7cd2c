/** When a backend that fails gets no more sessions. */
export interface Breaker {
  /** Tries in a row that failed. */
  readonly failures: number;
  /** How long it then rests before one session may try it again. */
  readonly restMs: number;
}

/**
 * `failing`: the last tries failed, and new sessions still go there. `down`: they do not. `half_open`: one of them does,
 * to see. `draining`: an administrator keeps new ones away.
 */
export type BackendState = 'up' | 'failing' | 'down' | 'half_open' | 'draining';

/** What is known of one backend beside its sessions. */
export interface BackendStatus {
  /** `IP:PORT`, or an address alone that is drained as a whole. */
  readonly backend: string;
  readonly state: BackendState;
  /** Tries in a row that failed. */
  readonly failures: number;
  readonly last_error: string | null;
  /** ISO 8601. */
  readonly last_failure: string | null;
}

/** How a try to reach a backend ended: it said something, it did not, or nobody waited for it. */
export type TryOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'abandoned' };

interface Known {
  failures: number;
  error: string;
  failedAt: number;
  /** Until then nobody is let through; null: not down. */
  restUntil: number | null;
  /** One is let through to see; until then nobody else. */
  probeUntil: number | null;
}

/** Backends that are kept in mind; the one that failed first is forgotten first. */
const MAX_BACKENDS = 10_000;

/** Which backends may get new sessions: remembers only those that are not simply well. */
export class BackendHealth {
  readonly #breaker: Breaker | null;
  readonly #now: () => number;
  /** Says that a backend went down or came up. */
  readonly #changed: (level: 'info' | 'warning', text: string) => void;
  readonly #known = new Map<string, Known>();
  readonly #drained = new Set<string>();

  /** `breaker` null: failures are counted, and nothing follows from them. */
  constructor(
    breaker: Breaker | null,
    now: () => number,
    changed: (level: 'info' | 'warning', text: string) => void = () => undefined,
  ) {
    this.#breaker = breaker;
    this.#now = now;
    this.#changed = changed;
  }

  /** Backends and addresses that a new session has to ask for. */
  get watched(): readonly string[] {
    return [...this.#known.keys(), ...this.#drained];
  }

  /** null: a new session may go there; else why not. */
  admit(backend: string): string | null {
    if (this.#isDrained(backend)) return 'The backend is drained';
    const known = this.#known.get(backend);
    if (this.#breaker === null || known === undefined || known.restUntil === null) return null;
    const now = this.#now();
    const busy = known.probeUntil !== null && now < known.probeUntil;
    if (now < known.restUntil || busy) return `The backend is down (${known.error})`;
    known.probeUntil = now + this.#breaker.restMs;
    return null;
  }

  report(backend: string, outcome: TryOutcome): void {
    const known = this.#known.get(backend);
    switch (outcome.kind) {
      case 'answered':
        if (known === undefined) return;
        this.#known.delete(backend);
        if (known.restUntil !== null) this.#changed('info', `backend ${backend} is up again`);
        return;
      case 'abandoned':
        if (known !== undefined) known.probeUntil = null;
        return;
      case 'failed':
        this.#failed(backend, outcome.error, known);
    }
  }

  #failed(backend: string, error: string, before: Known | undefined): void {
    const failedAt = this.#now();
    const known = before ?? { failures: 0, error, failedAt, restUntil: null, probeUntil: null };
    known.failures += 1;
    known.error = error;
    known.failedAt = failedAt;
    if (before === undefined) this.#remember(backend, known);
    if (this.#breaker === null || known.failures < this.#breaker.failures) return;
    // A session that was on its way before does not lengthen the rest.
    const isProbe = known.probeUntil !== null;
    if (known.restUntil !== null && !isProbe) return;
    const first = known.restUntil === null;
    known.probeUntil = null;
    known.restUntil = failedAt + this.#breaker.restMs;
    const seconds = this.#breaker.restMs / 1000;
    if (first)
      this.#changed(
        'warning',
        `backend ${backend} is down after ${known.failures} failures (${error}): it rests for ${seconds} s`,
      );
  }

  #remember(backend: string, known: Known): void {
    if (this.#known.size >= MAX_BACKENDS) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(backend, known);
  }

  /** `place`: `IP:PORT` or an address. */
  drain(place: string): void {
    if (this.#drained.has(place)) return;
    this.#drained.add(place);
    this.#changed('info', `backend ${place} is drained: it gets no new sessions`);
  }

  /** Ends draining, and forgets failures. False: there was nothing of that. */
  reset(place: string): boolean {
    const names = [...this.#known.keys()].filter((name) => name === place || addressOf(name) === place);
    for (const name of names) this.#known.delete(name);
    const changed = this.#drained.delete(place) || names.length > 0;
    if (changed) this.#changed('info', `backend ${place} was reset: it gets sessions again`);
    return changed;
  }

  get drained(): readonly string[] {
    return [...this.#drained];
  }

  #isDrained(backend: string): boolean {
    return this.#drained.has(backend) || this.#drained.has(addressOf(backend));
  }

  /** Of those that are not simply well. */
  get status(): readonly BackendStatus[] {
    const failing = [...this.#known].map(([backend, known]): BackendStatus => {
      const { failures, error, failedAt } = known;
      const state = this.#isDrained(backend) ? 'draining' : this.#stateOf(known);
      const last_failure = new Date(failedAt).toISOString();
      return { backend, state, failures, last_error: error, last_failure };
    });
    const drained = [...this.#drained]
      .filter((place) => !this.#known.has(place))
      .map((backend) => ({
        backend,
        state: 'draining' as const,
        failures: 0,
        last_error: null,
        last_failure: null,
      }));
    return [...failing, ...drained].sort((a, b) => (a.backend < b.backend ? -1 : 1));
  }

  #stateOf({ restUntil, probeUntil }: Known): BackendState {
    if (restUntil === null) return 'failing';
    return probeUntil !== null || this.#now() >= restUntil ? 'half_open' : 'down';
  }
}

/** `10.0.0.1` of `10.0.0.1:143`, `2001:db8::1` of `[2001:db8::1]:143`. */
export function addressOf(backend: string): string {
  return backend.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** Of one backend; null: there is none. */
export function stateOf(backend: string | null, known: readonly BackendStatus[]): BackendState | null {
  if (backend === null) return null;
  const found =
    known.find((one) => one.backend === backend) ?? known.find((one) => one.backend === addressOf(backend));
  return found?.state ?? 'up';
}
