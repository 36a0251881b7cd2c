import type { MessageRange } from '../proxy/lmtp/lmtp-event.js';
import { DotWriter } from '../proxy/lmtp/message-reader.js';
import type { BackendSocket } from './backend-socket.js';
import type { MessageStore } from './message-store.js';

/** So much of a message is read at a time. */
const PIECE_SIZE = 65_536;

interface Part {
  readonly range: MessageRange;
  readonly dots: DotWriter | null;
}

/** What goes to one backend, in order: bytes and parts of the stored message, at the backend's pace. */
export class BackendWriter {
  readonly #socket: BackendSocket;
  readonly #store: MessageStore;
  readonly #queue: (Buffer | Part)[] = [];
  #blocked = false;

  constructor(socket: BackendSocket, store: MessageStore) {
    this.#socket = socket;
    this.#store = store;
  }

  write(data: Buffer): void {
    this.#queue.push(data);
    this.#pump();
  }

  send(range: MessageRange, dotted: boolean): void {
    this.#queue.push({ range, dots: dotted ? new DotWriter() : null });
    this.#pump();
  }

  drained(): void {
    this.#blocked = false;
    this.#pump();
  }

  #pump(): void {
    while (!this.#blocked) {
      const [first] = this.#queue;
      if (first === undefined) return;
      if (Buffer.isBuffer(first)) {
        this.#queue.shift();
        this.#blocked = !this.#socket.write(first);
      } else this.#sendPiece(first);
    }
  }

  #sendPiece({ range, dots }: Part): void {
    const end = Math.min(range.end, range.start + PIECE_SIZE);
    const data = this.#store.read(range.start, end);
    if (end === range.end) this.#queue.shift();
    else this.#queue[0] = { range: { start: end, end: range.end }, dots };
    const bytes = dots === null ? data : Buffer.from(dots.push(data.toString('latin1')), 'latin1');
    this.#blocked = !this.#socket.write(bytes);
  }

  /** Ends the connection; a message that is not out as a whole never gets its end. */
  finish(): void {
    if (this.#queue.length === 0) this.#socket.finish();
    else this.#socket.destroy();
    this.#queue.length = 0;
  }
}
