import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, TLSSocket } from 'node:tls';
import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { Connection, ConnectionEvents, TlsEvents, TlsPeer } from './connection.js';
import type { HandleAddress } from './node-handles.js';
import { isPassing } from './read-buffer.js';
import type { TlsClientOptions, TlsServerOptions } from './tls-connection.js';

/** Whether a socket still needs the bytes of its next write after the call: TLS without a queue encrypts at once. */
function keepsNextWrite(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.writableLength > 0;
}

/** A connection of Node's own sockets: behind a PROXY protocol header, and where this Node has no handles. */
export class SocketConnection implements Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #local: HandleAddress = {};
  #keeps = false;
  /** Somebody else has it. */
  #isGone = false;
  #failure: Error | null = null;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#watchErrors(socket);
    socket.on('end', () => {
      if (!this.#isGone) events.end();
    });
    socket.on('drain', () => {
      if (!this.#isGone) events.drained();
    });
    socket.on('close', () => {
      if (!this.#isGone) events.closed(this.#failure);
    });
  }

  #watchErrors(socket: Socket): void {
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  startReading(): this {
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#isGone && !this.#events.data(chunk)) this.#socket.pause();
    });
    return this;
  }

  /** Opens a connection; `sourceIp`: the address to come from, null = any. */
  static connect(
    ip: string,
    port: number,
    sourceIp: string | null,
    events: ConnectionEvents,
    connected: () => void,
  ): SocketConnection {
    const socket = connectTcp({
      host: ip,
      port,
      noDelay: true,
      allowHalfOpen: true,
      ...(sourceIp === null ? {} : { localAddress: sourceIp }),
    });
    const connection = new SocketConnection(socket, events);
    socket.once('connectionAttemptFailed', () => connection.#rememberLocal());
    socket.once('connect', () => {
      connection.startReading();
      connected();
    });
    return connection;
  }

  /** TLS on a socket that nobody else uses; what it has read and nobody has taken belongs to TLS. */
  static server(
    raw: Socket,
    { context, contextFor, asksCertificate }: TlsServerOptions,
    events: TlsEvents,
  ): SocketConnection {
    const secure = new TLSSocket(raw, {
      isServer: true,
      secureContext: context,
      requestCert: asksCertificate,
      rejectUnauthorized: false,
      SNICallback: (name, done) => {
        try {
          done(null, contextFor(fromUtf8(name)));
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    return SocketConnection.#secured(raw, secure, 'secure', events);
  }

  static client(
    raw: Socket,
    { context, serverName, applicationProtocol }: TlsClientOptions,
    events: TlsEvents,
  ): SocketConnection {
    const secure = connectTls({
      socket: raw,
      secureContext: context,
      servername: serverName,
      rejectUnauthorized: false,
      ...(applicationProtocol === null ? {} : { ALPNProtocols: [applicationProtocol] }),
      // Names are looked at elsewhere.
      checkServerIdentity: () => undefined,
    });
    return SocketConnection.#secured(raw, secure, 'secureConnect', events);
  }

  static #secured(
    raw: Socket,
    secure: TLSSocket,
    done: 'secure' | 'secureConnect',
    events: TlsEvents,
  ): SocketConnection {
    const connection = new SocketConnection(secure, events).startReading();
    connection.#watchErrors(raw);
    secure.once(done, () => {
      if (!secure.destroyed) events.secured(new SocketPeer(secure));
    });
    return connection;
  }

  write(data: Buffer | string): boolean {
    const socket = this.#socket;
    if (socket.destroyed) return true;
    this.#keeps = keepsNextWrite(socket);
    if (typeof data === 'string') return socket.write(data, 'latin1');
    return socket.write(isPassing(data) && this.#keeps ? Buffer.from(data) : data);
  }

  get waiting(): number {
    return this.#socket.writableLength;
  }

  get keepsBytes(): boolean {
    return this.#keeps;
  }

  #rememberLocal(): void {
    const { localAddress, localPort } = this.#socket;
    if (localAddress !== undefined && localPort !== undefined)
      this.#local = { address: localAddress, port: localPort };
  }

  get local(): HandleAddress {
    this.#rememberLocal();
    return this.#local;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroySoon(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Its socket for TLS, in clear until now. */
  intoSocket(): Socket {
    this.#isGone = true;
    const socket = this.#socket;
    socket.removeAllListeners('data');
    socket.pause();
    return socket;
  }
}

/** The other side of a TLS socket. */
class SocketPeer implements TlsPeer {
  readonly #secure: TLSSocket;

  constructor(secure: TLSSocket) {
    this.#secure = secure;
  }

  get protocol(): string {
    return this.#secure.getProtocol() ?? '';
  }

  get cipher(): TlsPeer['cipher'] {
    return this.#secure.getCipher();
  }

  get serverName(): ByteString {
    const name: unknown = Reflect.get(this.#secure, 'servername');
    return typeof name === 'string' ? fromUtf8(name) : '';
  }

  get certificate(): PeerCertificate | null {
    const certificate = this.#secure.getPeerCertificate();
    return certificate.raw === undefined ? null : certificate;
  }

  get verifyProblem(): string | null {
    const { authorized, authorizationError } = this.#secure;
    if (authorized) return null;
    return authorizationError === null ? this.#problemOfClient() : String(authorizationError);
  }

  /** Node tells the result only of sockets that its own server accepted; this asks as that server does. */
  #problemOfClient(): string | null {
    const handle: unknown = Reflect.get(this.#secure, '_handle');
    if (typeof handle !== 'object' || handle === null) return 'UNKNOWN';
    const verifyError: unknown = Reflect.get(handle, 'verifyError');
    if (typeof verifyError !== 'function') return 'UNKNOWN';
    const problem: unknown = Reflect.apply(verifyError, handle, []);
    if (problem === null || problem === undefined) return null;
    return problem instanceof Error ? problem.message : 'UNKNOWN';
  }
}
