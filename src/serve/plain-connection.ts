import { Socket, type SocketConstructorOpts } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  bytesRead,
  END_OF_FILE,
  type HandleAddress,
  type HandleRequest,
  handleError,
  newConnect,
  newConnection,
  newShutdown,
  newWrite,
  type TcpHandle,
  writeIsPending,
} from './node-handles.js';
import { READ_SIZE } from './system-errors.js';

/** What a connection tells. No call comes after `closed`. */
export interface ConnectionEvents {
  /** Bytes of the shared buffer may be used during the call only. False: no more until `resume`. */
  data(chunk: Buffer): boolean;
  /** Bytes of the last chunk are still to be written. */
  holds(): boolean;
  end(): void;
  /** Every byte that was written is with the kernel. */
  drained(): void;
  closed(failure: Error | null): void;
}

/** Reads of at least that size are a transfer: such a connection gets a buffer of its own, whose bytes stay. */
const TRANSFER_SIZE = 16_384;
/** What all other connections read into: the next read may be another connection's. */
const SHARED = Buffer.allocUnsafeSlow(READ_SIZE);

/** Whether bytes are gone after the call that brought them. */
function isPassing(chunk: Buffer): boolean {
  return chunk.buffer === SHARED.buffer;
}

/** The request of the next write; one that is answered at once is used again. */
let spare: HandleRequest | null = null;

const NO_ADDRESS: HandleAddress = {};

function ownerOf(handle: TcpHandle): PlainConnection | null {
  return handle.owner instanceof PlainConnection ? handle.owner : null;
}

function onRead(this: TcpHandle): Uint8Array | undefined {
  return ownerOf(this)?.received(bytesRead());
}

function onWritten(this: HandleRequest, status: number, handle: TcpHandle): void {
  this.buffer = null;
  ownerOf(handle)?.written(status);
}

function onShutDown(this: HandleRequest, _status: number, handle: TcpHandle): void {
  ownerOf(handle)?.destroy();
}

function onConnected(this: HandleRequest, status: number, handle: TcpHandle): void {
  ownerOf(handle)?.connected(status);
}

function onClosed(this: TcpHandle): void {
  ownerOf(this)?.closed();
}

/** A TCP connection in clear, of Node's handle alone: a socket would cost several times as much memory and time. */
export class PlainConnection {
  readonly #handle: TcpHandle;
  readonly #events: ConnectionEvents;
  /** Told once of a connection that this side opened. */
  #whenConnected: (() => void) | null = null;
  #own: Buffer | null = null;
  /** Came while nobody wanted it. */
  #held: Buffer | null = null;
  #paused = false;
  #reading = false;
  #ended = false;
  /** Writes that the kernel has not taken whole. */
  #writes = 0;
  #closing: 'no' | 'when written' | 'now' = 'no';
  #failure: Error | null = null;
  /** Of a connection that failed. */
  #lastLocal: HandleAddress = NO_ADDRESS;

  /** `handle`: an accepted connection; reading begins at once. */
  constructor(handle: TcpHandle, events: ConnectionEvents) {
    this.#handle = handle;
    this.#events = events;
    handle.owner = this;
    handle.onread = onRead;
    handle.useUserBuffer(SHARED);
  }

  /** Opens a connection; `sourceIp`: the address to come from, null = any. */
  static connect(
    ip: string,
    port: number,
    sourceIp: string | null,
    events: ConnectionEvents,
    connected: () => void,
  ): PlainConnection {
    const connection = new PlainConnection(newConnection(), events);
    connection.#connect(ip, port, sourceIp, connected);
    return connection;
  }

  #connect(ip: string, port: number, sourceIp: string | null, connected: () => void): void {
    const handle = this.#handle;
    this.#whenConnected = connected;
    let problem = 0;
    if (sourceIp !== null)
      problem = sourceIp.includes(':') ? handle.bind6(sourceIp, 0, 0) : handle.bind(sourceIp, 0);
    if (problem === 0) {
      const request = newConnect();
      request.oncomplete = onConnected;
      problem = ip.includes(':') ? handle.connect6(request, ip, port) : handle.connect(request, ip, port);
    }
    if (problem !== 0) this.#fail(problem, 'connect');
  }

  /** For the handle. */
  connected(status: number): void {
    if (this.#closing === 'now') return;
    if (status !== 0) {
      this.#fail(status, 'connect');
      return;
    }
    this.#handle.setNoDelay(true);
    const connected = this.#whenConnected;
    this.#whenConnected = null;
    this.startReading();
    connected?.();
  }

  /** Events come from now on. */
  startReading(): void {
    if (this.#reading || this.#ended || this.#closing === 'now') return;
    this.#reading = true;
    const problem = this.#handle.readStart();
    if (problem !== 0) this.#fail(problem, 'read');
  }

  #stopReading(): void {
    this.#reading = false;
    this.#handle.readStop();
  }

  /** For the handle: bytes that were read, or a negative errno. Gives the buffer of the next read where it changes. */
  received(size: number): Uint8Array | undefined {
    if (this.#closing === 'now' || size === 0) return undefined;
    if (size < 0) {
      if (size !== END_OF_FILE) this.#fail(size, 'read');
      else this.#end();
      return undefined;
    }
    const buffer = this.#own ?? SHARED;
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size);
    if (this.#paused || this.#held !== null) {
      this.#held = this.#held === null ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
      this.#stopReading();
      return undefined;
    }
    if (!this.#events.data(chunk) && this.#reading && !this.destroyed) this.#stopReading();
    if (size < TRANSFER_SIZE) {
      if (this.#own === null) return undefined;
      this.#own = null;
      return SHARED;
    }
    if (this.#own === null || this.#events.holds()) this.#own = Buffer.allocUnsafeSlow(READ_SIZE);
    return this.#own;
  }

  #end(): void {
    this.#ended = true;
    this.#reading = false;
    if (!this.#paused && this.#held === null) this.#events.end();
  }

  /** Reads at most one chunk more: an end by reset is noticed, an orderly one waits behind the bytes. */
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
    if (this.#paused || this.#closing === 'now') return;
    const held = this.#held;
    this.#held = null;
    if (held !== null && !this.#events.data(held)) return;
    if (this.#ended) this.#events.end();
    else if (!this.#paused) this.startReading();
  }

  /** Text: one byte per character. False: the kernel did not take everything; `drained` follows. */
  write(data: Buffer | string): boolean {
    if (this.#closing !== 'no') return true;
    const request = spare ?? newWrite();
    spare = request;
    let kept: Buffer | null = null;
    let problem: number;
    if (typeof data === 'string') problem = this.#handle.writeLatin1String(request, data);
    else if (isPassing(data) && data.length < TRANSFER_SIZE)
      problem = this.#handle.writeLatin1String(request, data.toString('latin1'));
    else {
      kept = isPassing(data) ? Buffer.from(data) : data;
      problem = this.#handle.writeBuffer(request, kept);
    }
    if (problem !== 0) {
      this.#fail(problem, 'write');
      return true;
    }
    if (writeIsPending()) {
      spare = null;
      request.buffer = kept;
      request.oncomplete = onWritten;
      this.#writes += 1;
    }
    return this.#writes === 0;
  }

  /** For the handle. */
  written(status: number): void {
    this.#writes -= 1;
    if (this.#closing === 'now') return;
    if (status !== 0) this.#fail(status, 'write');
    else if (this.#writes > 0) return;
    else if (this.#closing === 'when written') this.#shutDown();
    else this.#events.drained();
  }

  /** Bytes that the kernel has not taken yet. */
  get waiting(): number {
    return this.#closing === 'now' ? 0 : this.#handle.writeQueueSize;
  }

  get local(): HandleAddress {
    if (this.#closing === 'now') return this.#lastLocal;
    const address: HandleAddress = {};
    this.#handle.getsockname(address);
    return address;
  }

  #fail(errno: number, call: string): void {
    this.#failure ??= handleError(errno, call);
    if (call === 'connect') this.#lastLocal = this.local;
    this.destroy();
  }

  /** Closes it when everything is with the kernel. */
  destroySoon(): void {
    if (this.#closing !== 'no') return;
    if (this.#writes > 0) this.#closing = 'when written';
    else this.#shutDown();
  }

  /** Bytes that nobody reads would make the kernel reset the connection, and take from the other side what was sent. */
  #shutDown(): void {
    if (this.#reading || this.#ended) {
      this.destroy();
      return;
    }
    this.#closing = 'when written';
    this.#paused = false;
    this.startReading();
    const request = newShutdown();
    request.oncomplete = onShutDown;
    if (this.#handle.shutdown(request) !== 0) this.destroy();
  }

  destroy(): void {
    if (this.#closing === 'now') return;
    this.#closing = 'now';
    this.#handle.close(onClosed);
  }

  get destroyed(): boolean {
    return this.#closing === 'now';
  }

  /** For the handle. */
  closed(): void {
    this.#events.closed(this.#failure);
  }

  /** The same connection as a socket, for TLS; nothing is told of it here any more. */
  intoSocket(): Socket {
    const handle = this.#handle;
    if (this.#reading) this.#stopReading();
    handle.owner = undefined;
    this.#closing = 'now';
    const options: SocketConstructorOpts & { readonly handle: TcpHandle } = { handle, allowHalfOpen: true };
    const socket = new Socket(options);
    if (this.#held !== null) socket.unshift(this.#held);
    return socket;
  }
}

function release(connection: PlainConnection): void {
  connection.releaseHeld();
}

/** Whether a socket still needs the bytes of its next write after the call: TLS without a queue encrypts at once. */
export function keepsNextWrite(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.writableLength > 0;
}

/** The same write to a socket. Text: one byte per character. */
export function writeToSocket(socket: Socket, data: Buffer | string): boolean {
  if (typeof data === 'string') return socket.write(data, 'latin1');
  return socket.write(isPassing(data) && keepsNextWrite(socket) ? Buffer.from(data) : data);
}
