import type { Terminal } from './terminal.js';

const EVERY = 500;

/** Rows one by one, with their count on a terminal, until Ctrl-C ends the table early; the summary is still made. */
export class WatchedRows {
  readonly #terminal: Terminal;
  #count = 0;
  interrupted = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
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
    this.#terminal.stderr(`\r\x1b[K${this.#count} questions, ${rate} a second`);
  }
}
