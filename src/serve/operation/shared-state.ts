import { MemoryPenalties, type PenaltyBook } from '../auth-penalty.js';
import { addressOf, BackendHealth, type BackendStatus, type TryOutcome } from './backend-health.js';

/**
 * What several proxies have to agree on, asked and told asynchronously: one process holds it in memory, the workers of a
 * supervisor ask that one. Another store needs nothing but this.
 */
export interface SharedState {
  /** Whether a new session has to ask before it connects: the answer is at hand, and nearly always no. */
  isWatched(backend: string): boolean;
  /** null: a new session may go to this backend (`IP:PORT`); else why not. Rejects never. */
  admit(backend: string): Promise<string | null>;
  /** How a session's try to reach a backend went. */
  report(backend: string, outcome: TryOutcome): void;
  /** Addresses whose logins failed. */
  readonly penalties: PenaltyBook;
}

/** What an administrator does to a backend. */
export type BackendAction = 'drain' | 'reset';

/** The state of one process, or of the supervisor for its workers. */
export class MemoryState implements SharedState {
  readonly #health: BackendHealth;
  readonly #listeners = new Set<(watched: readonly string[]) => void>();
  #watched = new Set<string>();
  readonly penalties: PenaltyBook = new MemoryPenalties(Date.now);

  constructor(health = new BackendHealth(null, Date.now)) {
    this.#health = health;
  }

  /** Calls now, and each time the backends to ask for change, until the result is called. */
  onWatched(listener: (watched: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    listener([...this.#watched]);
    return () => this.#listeners.delete(listener);
  }

  isWatched(backend: string): boolean {
    return isAmong(this.#watched, backend);
  }

  async admit(backend: string): Promise<string | null> {
    return this.#health.admit(backend);
  }

  report(backend: string, outcome: TryOutcome): void {
    if (outcome.kind !== 'failed' && !this.isWatched(backend)) return;
    this.#health.report(backend, outcome);
    this.#update();
  }

  /** False: there was nothing to reset. */
  change(action: BackendAction, place: string): boolean {
    if (action === 'reset') {
      const changed = this.#health.reset(place);
      this.#update();
      return changed;
    }
    this.#health.drain(place);
    this.#update();
    return true;
  }

  get backends(): readonly BackendStatus[] {
    return this.#health.status;
  }

  /** Addresses and backends that get no new sessions by an administrator's will. */
  get drained(): readonly string[] {
    return this.#health.drained;
  }

  #update(): void {
    const next = this.#health.watched;
    if (next.length === this.#watched.size && next.every((name) => this.#watched.has(name))) return;
    this.#watched = new Set(next);
    for (const listener of this.#listeners) listener(next);
  }
}

/** What a worker knows: the names to ask for, as its supervisor told them last. */
export class WorkerState implements SharedState {
  #watched: ReadonlySet<string> = new Set();
  readonly #ask: (backend: string) => Promise<string | null>;
  readonly #tell: (backend: string, outcome: TryOutcome) => void;
  readonly penalties: PenaltyBook;

  constructor(
    ask: (backend: string) => Promise<string | null>,
    tell: (backend: string, outcome: TryOutcome) => void,
    penalties: PenaltyBook,
  ) {
    this.penalties = penalties;
    this.#ask = ask;
    this.#tell = tell;
  }

  watch(names: readonly string[]): void {
    this.#watched = new Set(names);
  }

  isWatched(backend: string): boolean {
    return isAmong(this.#watched, backend);
  }

  admit(backend: string): Promise<string | null> {
    return this.#ask(backend);
  }

  report(backend: string, outcome: TryOutcome): void {
    if (outcome.kind === 'failed' || this.isWatched(backend)) this.#tell(backend, outcome);
  }
}

function isAmong(watched: ReadonlySet<string>, backend: string): boolean {
  return watched.size > 0 && (watched.has(backend) || watched.has(addressOf(backend)));
}
