/** A rate is that of the last minute, as far as it was looked at. */
const WINDOW_MS = 60_000;

interface Sample {
  readonly at: number;
  readonly count: number;
}

/** How fast a count grows, from what it was when somebody looked. */
export class RecentRate {
  #samples: Sample[];

  /** The count was 0 at `start`. */
  constructor(start: number) {
    this.#samples = [{ at: start, count: 0 }];
  }

  /** Per minute, with the count as it is now. */
  perMinute(at: number, count: number): number {
    const before = this.#samples[0] ?? { at, count };
    const rate = at > before.at ? ((count - before.count) * 60_000) / (at - before.at) : 0;
    this.#samples.push({ at, count });
    // The first one that stays is the last from before the window.
    const first = this.#samples.findLastIndex((sample) => sample.at <= at - WINDOW_MS);
    if (first > 0) this.#samples = this.#samples.slice(first);
    // A worker that died took its counts along.
    return Math.max(0, rate);
  }
}
