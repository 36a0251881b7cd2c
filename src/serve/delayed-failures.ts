import { randomInt } from 'node:crypto';

/** Dovecot auth-request-handler.c AUTH_FAILURE_DELAY_CHECK_MSECS */
const CHECK_MS = 500;

interface Waiting {
  readonly since: number;
  readonly seconds: number;
  readonly release: () => void;
}

/**
 * Failures wait, so that nobody can try many passwords or learn from the time that an answer takes. They are let go in
 * steps, all that are due in random order. Dovecot auth-request-handler.c auth_request_handler_flush_failures
 */
export class DelayedFailures {
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** Resolves when the answer may be given; rejects when `signal` is aborted. */
  wait(seconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason);
      };
      const release = () => {
        signal.removeEventListener('abort', aborted);
        resolve();
      };
      const entry = { since: Math.floor(Date.now() / 1000), seconds, release };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiting.push(entry);
      this.#timer ??= setInterval(() => this.#flush(), CHECK_MS);
    });
  }

  #flush(): void {
    const now = Math.floor(Date.now() / 1000);
    // Those of one configuration have the same delay: behind the first that is not due none is.
    const first = this.#waiting.findIndex(({ since, seconds }) => now - since < seconds);
    const due = this.#waiting.splice(0, first === -1 ? this.#waiting.length : first);
    while (due.length > 0) due.splice(randomInt(due.length), 1)[0]?.release();
    if (this.#waiting.length === 0) this.close();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
