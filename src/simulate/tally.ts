import { toUtf8 } from '../../grammar/bytes.js';
import type { Outcome, Simulation } from './simulation.js';

export interface TallyLine {
  readonly outcome: Outcome;
  /** `HOST:PORT (TLS)`; '' where nothing is proxied. */
  readonly destination: string;
  readonly count: number;
}

/** Counts the answers of many questions by outcome and destination. */
export class Tally {
  readonly #counts = new Map<string, TallyLine>();
  total = 0;

  add({ outcome, decision }: Simulation): void {
    this.total += 1;
    const destination =
      decision?.kind === 'proxy'
        ? `${toUtf8(decision.destination.host)}:${decision.destination.port} (${decision.destination.tls})`
        : '';
    const key = `${outcome}\0${destination}`;
    const known = this.#counts.get(key);
    this.#counts.set(key, { outcome, destination, count: (known?.count ?? 0) + 1 });
  }

  /** Most frequent first. */
  lines(): TallyLine[] {
    return [...this.#counts.values()].sort((one, other) => other.count - one.count);
  }

  count(outcome: Outcome): number {
    return this.lines().reduce((sum, line) => sum + (line.outcome === outcome ? line.count : 0), 0);
  }
}
