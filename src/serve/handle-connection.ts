import type { Connection, ConnectionEvents } from './connection.js';
import {
  bytesRead,
  END_OF_FILE,
  type HandleAddress,
  type HandleRequest,
  handleError,
  newShutdown,
  type StreamHandle,
  type TcpHandle,
} from './node-handles.js';
import { SHARED, TRANSFER_SIZE } from './read-buffer.js';

const NO_ADDRESS: HandleAddress = {};

function ownerOf({ owner }: { readonly owner?: unknown }): HandleConnection | null {
  return owner instanceof HandleConnection ? owner : null;
}

export function onRead(this: { readonly owner?: unknown }): Uint8Array | undefined {
  return ownerOf(this)?.received(bytesRead());
}

export function onWritten(this: HandleRequest, status: number, handle: { readonly owner?: unknown }): void {
  this.buffer = null;
  ownerOf(handle)?.written(status);
}

function onShutDown(this: HandleRequest, _status: number, handle: { readonly owner?: unknown }): void {
  ownerOf(handle)?.destroy();
}

function onClosed(this: TcpHandle): void {
  ownerOf(this)?.closed();
}

function release(connection: HandleConnection): void {
  connection.releaseHeld();
}

/** A connection of Node's handles alone: a socket would cost several times as much memory and time. */
export abstract class HandleConnection implements Connection {
  protected readonly tcp: TcpHandle;
  protected readonly events: ConnectionEvents;
  protected closing: 'no' | 'when written' | 'now' = 'no';
  /** What is read and written: the connection itself, or TLS around it. */
  readonly #stream: Pick<StreamHandle<never>, 'readStart' | 'readStop' | 'shutdown'>;
  readonly #bufferSize: number;
  #own: Buffer | null = null;
  /** Came while nobody wanted it. */
  #held: Buffer | null = null;
  #paused = false;
  #reading = false;
  #ended = false;
  #failure: Error | null = null;
  /** Of a connection that failed. */
  #lastLocal: HandleAddress = NO_ADDRESS;

  /** `bufferSize`: what one read may bring, for transfers. */
  protected constructor(
    tcp: TcpHandle,
    stream: Pick<StreamHandle<never>, 'readStart' | 'readStop' | 'shutdown'>,
    bufferSize: number,
    events: ConnectionEvents,
  ) {
    this.tcp = tcp;
    this.#stream = stream;
    this.#bufferSize = bufferSize;
    this.events = events;
    tcp.owner = this;
  }

  /** Events come from now on. */
  startReading(): void {
    if (this.#reading || this.#ended || this.closing === 'now') return;
    this.#reading = true;
    const problem = this.#stream.readStart();
    if (problem !== 0) this.fail(handleError(problem, 'read'));
  }

  #stopReading(): void {
    this.#reading = false;
    this.#stream.readStop();
  }

  /** For the handle: bytes that were read, or a negative errno. Gives the buffer of the next read where it changes. */
  received(size: number): Uint8Array | undefined {
    if (this.closing === 'now' || size === 0) return undefined;
    if (size < 0) {
      if (size !== END_OF_FILE) this.fail(handleError(size, 'read'));
      else this.#end();
      return undefined;
    }
    const buffer = this.#own ?? SHARED;
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size);
    // One read of TLS may hold several chunks: those behind the one that was too much are not wanted either.
    if (this.#paused || !this.#reading || this.#held !== null) {
      this.#held = this.#held === null ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
      if (this.#reading) this.#stopReading();
      return undefined;
    }
    if (!this.events.data(chunk) && this.#reading && !this.destroyed) this.#stopReading();
    if (size < TRANSFER_SIZE) {
      if (this.#own === null) return undefined;
      this.#own = null;
      return SHARED;
    }
    if (this.#own === null || this.events.holds()) this.#own = Buffer.allocUnsafeSlow(this.#bufferSize);
    return this.#own;
  }

  #end(): void {
    const wanted = this.#reading && !this.#paused && this.#held === null;
    this.#ended = true;
    this.#reading = false;
    if (wanted) this.events.end();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused && this.#reading) return;
    this.#paused = false;
    if (this.#held === null && !this.#ended) this.startReading();
    // Not within the call: the caller is in the middle of something.
    else process.nextTick(release, this);
  }

  /** For `resume`. */
  releaseHeld(): void {
    if (this.#paused || this.closing === 'now') return;
    const held = this.#held;
    this.#held = null;
    if (held !== null && !this.events.data(held)) return;
    if (this.#ended) this.events.end();
    else if (!this.#paused) this.startReading();
  }

  abstract write(data: Buffer | string): boolean;

  /** For the handle. */
  abstract written(status: number): void;

  abstract get waiting(): number;

  abstract get keepsBytes(): boolean;

  get local(): HandleAddress {
    if (this.closing === 'now') return this.#lastLocal;
    const address: HandleAddress = {};
    this.tcp.getsockname(address);
    return address;
  }

  protected fail(failure: Error): void {
    this.#failure ??= failure;
    this.destroy();
  }

  /** The connection could not be made: where it would have come from is kept. */
  protected failToConnect(errno: number): void {
    this.#lastLocal = this.local;
    this.fail(handleError(errno, 'connect'));
  }

  abstract destroySoon(): void;

  /** Nothing is left to be read, or nobody wants it. */
  protected get isRead(): boolean {
    return this.#reading || this.#ended;
  }

  /**
   * Sends the end, and closes when it is with the kernel. Bytes that nobody reads would make the kernel reset the
   * connection, and take from the other side what was sent: they are read.
   */
  protected shutDown(): void {
    this.closing = 'when written';
    this.#paused = false;
    this.startReading();
    const request = newShutdown();
    request.oncomplete = onShutDown;
    if (this.#stream.shutdown(request) !== 0) this.destroy();
  }

  destroy(): void {
    if (this.closing === 'now') return;
    this.closing = 'now';
    this.tcp.close(onClosed);
  }

  get destroyed(): boolean {
    return this.closing === 'now';
  }

  /** For the handle. */
  closed(): void {
    this.events.closed(this.#failure);
  }

  /** Its handle for somebody else, with bytes that nobody has taken; nothing is told of it here any more. */
  protected giveAway(): { readonly tcp: TcpHandle; readonly held: Buffer | null } {
    if (this.#reading) this.#stopReading();
    this.tcp.owner = undefined;
    this.closing = 'now';
    return { tcp: this.tcp, held: this.#held };
  }
}
