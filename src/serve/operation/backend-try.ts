import type { Counters } from './counters.js';
import { backendName } from './session-record.js';
import type { SharedState } from './shared-state.js';

/** Tells counters and the shared state how one connection to a backend goes; its outcome is told once. */
export class BackendTry {
  readonly name: string;
  readonly #counters: Counters;
  readonly #shared: SharedState;
  #told = false;

  constructor(ip: string, port: number, counters: Counters, shared: SharedState) {
    this.name = backendName(ip, port);
    this.#counters = counters;
    this.#shared = shared;
  }

  connected(): void {
    this.#counters.backend(this.name, 'connected');
  }

  /** It said something. */
  answered(): void {
    if (this.#told) return;
    this.#told = true;
    this.#shared.report(this.name, { kind: 'answered' });
  }

  refused(error: string): void {
    this.#counters.backend(this.name, 'failed');
    this.failed(error);
  }

  /** After it had answered nothing is its failure. */
  failed(error: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#shared.report(this.name, { kind: 'failed', error });
  }

  /** Nobody waits for it any more. */
  abandoned(): void {
    if (this.#told) return;
    this.#told = true;
    this.#shared.report(this.name, { kind: 'abandoned' });
  }
}
