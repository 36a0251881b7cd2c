import type { Terminal } from './terminal.js';

const EVERY = 500;

/** Rows one by one, with their count on a terminal, until Ctrl-C ends the table early; the summary is still made. */
export class WatchedRows {
  readonly #terminal: Terminal;
  #count = 0;
  #fraction: (() => number) | null = null;
  interrupted = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How much of the table has been read, 0 to 1: then the time that is left can be told. */
  follow(fraction: () => number): void {
    this.#fraction = fraction;
  }

  async *rows<T>(rows: AsyncIterable<T>): AsyncGenerator<T> {
    const stop = () => {
      this.interrupted = true;
    };
    process.once('SIGINT', stop);
    const begin = performance.now();
    try {
      for await (const row of rows) {
        if (this.interrupted) break;
        yield row;
        this.#count += 1;
        if (this.#count % EVERY === 0 && this.#terminal.stderrIsTty) this.#show(performance.now() - begin);
        // A chain that answers from memory never waits: signals come through here.
        if (this.#count % EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      process.off('SIGINT', stop);
      if (this.#terminal.stderrIsTty && this.#count >= EVERY) this.#terminal.stderr('\r\x1b[K');
      if (this.interrupted) this.#terminal.stderr(`dvproxy: interrupted after ${this.#count}\n`);
    }
  }

  #show(milliseconds: number): void {
    const rate = Math.round((this.#count * 1000) / milliseconds);
    const done = this.#fraction?.() ?? 0;
    const left = done === 0 ? '' : `, ${remaining((milliseconds * (1 - done)) / done)} left`;
    this.#terminal.stderr(`\r\x1b[K${this.#count} questions, ${rate} a second${left}`);
  }
}

/** `1:05:09`, `0:07` */
function remaining(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? [hours, ...parts].join(':') : parts.join(':');
}
