import { Socket, type SocketConstructorOpts } from 'node:net';
import type { ConnectionEvents } from './connection.js';
import { HandleConnection, onRead, onWritten } from './handle-connection.js';
import {
  type HandleRequest,
  handleError,
  newConnect,
  newConnection,
  newWrite,
  type TcpHandle,
  writeIsPending,
} from './node-handles.js';
import { isPassing, SHARED, TRANSFER_SIZE } from './read-buffer.js';
import { READ_SIZE } from './system-errors.js';

/** The request of the next write; one that is answered at once is used again. */
let spare: HandleRequest | null = null;

function onConnected(this: HandleRequest, status: number, handle: { readonly owner?: unknown }): void {
  if (handle.owner instanceof PlainConnection) handle.owner.connected(status);
}

/** A TCP connection in clear, of Node's handle. */
export class PlainConnection extends HandleConnection {
  /** Told once of a connection that this side opened. */
  #whenConnected: (() => void) | null = null;
  /** Writes that the kernel has not taken whole. */
  #writes = 0;

  /** `handle`: an accepted connection, that is not read yet. */
  constructor(handle: TcpHandle, events: ConnectionEvents) {
    super(handle, handle, READ_SIZE, events);
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
    const handle = this.tcp;
    this.#whenConnected = connected;
    let problem = 0;
    if (sourceIp !== null)
      problem = sourceIp.includes(':') ? handle.bind6(sourceIp, 0, 0) : handle.bind(sourceIp, 0);
    if (problem === 0) {
      const request = newConnect();
      request.oncomplete = onConnected;
      problem = ip.includes(':') ? handle.connect6(request, ip, port) : handle.connect(request, ip, port);
    }
    if (problem !== 0) this.failToConnect(problem);
  }

  /** For the handle. */
  connected(status: number): void {
    if (this.closing === 'now') return;
    if (status !== 0) {
      this.failToConnect(status);
      return;
    }
    this.tcp.setNoDelay(true);
    const connected = this.#whenConnected;
    this.#whenConnected = null;
    this.startReading();
    connected?.();
  }

  write(data: Buffer | string): boolean {
    if (this.closing !== 'no') return true;
    const request = spare ?? newWrite();
    spare = request;
    let kept: Buffer | null = null;
    let problem: number;
    if (typeof data === 'string') problem = this.tcp.writeLatin1String(request, data);
    else if (isPassing(data) && data.length < TRANSFER_SIZE)
      problem = this.tcp.writeLatin1String(request, data.toString('latin1'));
    else {
      kept = isPassing(data) ? Buffer.from(data) : data;
      problem = this.tcp.writeBuffer(request, kept);
    }
    if (problem !== 0) {
      this.fail(handleError(problem, 'write'));
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

  written(status: number): void {
    this.#writes -= 1;
    if (this.closing === 'now') return;
    if (status !== 0) this.fail(handleError(status, 'write'));
    else if (this.#writes > 0) return;
    else if (this.closing === 'when written') this.#endOrDestroy();
    else this.events.drained();
  }

  get waiting(): number {
    return this.closing === 'now' ? 0 : this.tcp.writeQueueSize;
  }

  get keepsBytes(): boolean {
    return this.waiting > 0;
  }

  destroySoon(): void {
    if (this.closing !== 'no') return;
    if (this.#writes > 0) this.closing = 'when written';
    else this.#endOrDestroy();
  }

  #endOrDestroy(): void {
    if (this.isRead) this.destroy();
    else this.shutDown();
  }

  /** The same connection for TLS of Node's handle. */
  intoHandle(): { readonly tcp: TcpHandle; readonly held: Buffer | null } {
    return this.giveAway();
  }

  /** The same connection as a socket. */
  intoSocket(): Socket {
    const { tcp, held } = this.giveAway();
    const options: SocketConstructorOpts & { readonly handle: TcpHandle } = {
      handle: tcp,
      allowHalfOpen: true,
    };
    const socket = new Socket(options);
    if (held !== null) socket.unshift(held);
    return socket;
  }
}
