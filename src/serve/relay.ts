import type { RelayEnd } from '../proxy/session-event.js';
import type { BackendSocket } from './backend-socket.js';
import type { ClientSocket } from './client-socket.js';

/**
 * Passes bytes between a client and its backend after the login, each side at the pace of the other. Whichever side
 * ends first ends both, once what it sent has been passed on.
 */
export class Relay {
  readonly #client: ClientSocket;
  readonly #backend: BackendSocket;
  readonly #ended: (end: RelayEnd) => void;
  #bytesIn = 0;
  #bytesOut = 0;
  /** One side has no room: the other is not read. */
  #clientBlocked = false;
  #serverBlocked = false;
  #lastUse = Date.now();
  #over = false;

  constructor(client: ClientSocket, backend: BackendSocket, ended: (end: RelayEnd) => void) {
    this.#client = client;
    this.#backend = backend;
    this.#ended = ended;
  }

  get idleMs(): number {
    return Date.now() - this.#lastUse;
  }

  fromClient(chunk: Buffer): void {
    if (this.#over) return;
    this.#lastUse = Date.now();
    this.#bytesIn += chunk.length;
    if (this.#backend.write(chunk)) return;
    this.#serverBlocked = true;
    this.#client.pause();
  }

  /** False: the client has no room, the backend is not to be read. */
  fromBackend(chunk: Buffer): boolean {
    this.#lastUse = Date.now();
    this.#bytesOut += chunk.length;
    if (this.#client.write(chunk)) return true;
    this.#clientBlocked = true;
    return false;
  }

  clientDrained(): void {
    if (!this.#clientBlocked) return;
    this.#clientBlocked = false;
    this.#lastUse = Date.now();
    this.#backend.resume();
  }

  backendDrained(): void {
    if (!this.#serverBlocked) return;
    this.#serverBlocked = false;
    this.#lastUse = Date.now();
    this.#client.resume();
  }

  end(side: RelayEnd['side'], error: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended({
      side,
      error,
      idleSeconds: Math.floor(Date.now() / 1000) - Math.floor(this.#lastUse / 1000),
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      unsent: this.#client.waiting,
      clientBlocked: this.#clientBlocked,
      serverBlocked: this.#serverBlocked,
    });
  }
}
