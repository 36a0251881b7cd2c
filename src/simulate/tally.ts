import { toUtf8 } from '../../grammar/bytes.js';
import type { Outcome, Simulation } from './simulation.js';

/** How a question ends and where it leads. */
export interface Destined {
  readonly outcome: Outcome;
  /** `HOST:PORT (TLS)`; '' where nothing is proxied. */
  readonly destination: string;
}

interface TallyLine extends Destined {
  readonly count: number;
}

export function destinedOf({ outcome, decision }: Simulation): Destined {
  if (decision?.kind !== 'proxy') return { outcome, destination: '' };
  const { host, port, tls } = decision.destination;
  return { outcome, destination: `${toUtf8(host)}:${port} (${tls})` };
}

/** Counts the answers of many questions by outcome and destination. */
export class Tally {
  readonly #counts = new Map<string, TallyLine>();
  total = 0;

  add({ outcome, destination }: Destined): void {
    this.total += 1;
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
