import { closeSync, openSync, writeSync } from 'node:fs';

/** The log file cannot be opened. */
export class LogFileError extends Error {}

/** A file that log lines are appended to, and that may be moved away and opened anew (logrotate). */
export class LogFile {
  readonly #path: string;
  #descriptor: number;
  #lost = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, 'a', 0o600);
    } catch (error) {
      throw new LogFileError(`log file ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Where nothing can be written (a full disk), lines are lost and counted: sessions go on. */
  write(text: string): void {
    try {
      if (this.#lost > 0) {
        writeSync(this.#descriptor, `dvproxy: Warning: ${this.#lost} writes to this log failed\n`);
        this.#lost = 0;
      }
      writeSync(this.#descriptor, text);
    } catch {
      this.#lost += 1;
    }
  }

  /** Opens the path anew; where that fails the old file stays in use. */
  reopen(): void {
    try {
      const next = openSync(this.#path, 'a', 0o600);
      closeSync(this.#descriptor);
      this.#descriptor = next;
    } catch (error) {
      this.write(
        `dvproxy: Error: log file ${this.#path}: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
  }
}
