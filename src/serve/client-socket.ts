import { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { fromUtf8 } from '../../grammar/bytes.js';
import type { ClientCertificate } from '../proxy/login-client.js';
import { clientCertificate } from './client-certificate.js';
import type { TcpHandle } from './node-handles.js';
import { type ConnectionEvents, keepsNextWrite, PlainConnection, writeToSocket } from './plain-connection.js';
import type { CertificateRequest } from './session-tls.js';
import { readErrorText, tlsErrorText } from './system-errors.js';

/** What came of a TLS handshake. */
interface Handshake {
  /** `TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`. */
  readonly security: string;
  readonly certificate: ClientCertificate;
}

/** What a client's connection tells. No call comes after `closed`. */
export interface ClientEvents {
  /** The bytes may be used during the call only, or be written to a socket of here. */
  data(chunk: Buffer): void;
  /** Bytes of the last chunk are still to be written. */
  holds?(): boolean;
  drained(): void;
  tlsReady(localName: string, handshake: Handshake): void;
  closed(error: string): void;
}

/** An accepted connection: a handle alone where it begins in clear. */
export type Accepted = Socket | TcpHandle;

const NO_CERTIFICATE: ClientCertificate = { state: 'none', user: '' };

/** A connection that is shut but whose last bytes are not taken: it ends after this time all the same. */
const LINGER_MS = 10_000;

/** Certificate for a TLS server name. */
export type ContextFor = (localName: string) => SecureContext;

/** One client's connection, in clear first or with TLS from the start. */
export class ClientSocket implements ConnectionEvents {
  #socket: Socket | PlainConnection;
  readonly #events: ClientEvents;
  #done = false;
  /** Bytes of the last write may be in a queue. */
  #keeps = false;
  #closed = false;
  #failure: unknown = null;
  #linger: NodeJS.Timeout | null = null;
  readonly #whenClosed: () => void;

  constructor(accepted: Accepted, events: ClientEvents, whenClosed: () => void) {
    this.#events = events;
    this.#whenClosed = whenClosed;
    if (!(accepted instanceof Socket)) {
      accepted.setNoDelay(true);
      const connection = new PlainConnection(accepted, this);
      this.#socket = connection;
      connection.startReading();
      return;
    }
    this.#socket = accepted;
    accepted.setNoDelay(true);
    this.#watch(accepted);
    accepted.on('data', (chunk: Buffer) => this.data(chunk));
  }

  #watch(socket: Socket): void {
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('end', () => {
      if (socket === this.#socket) this.end();
    });
    socket.on('drain', () => this.drained());
    socket.on('close', () => {
      if (socket === this.#socket) this.#onClose();
    });
  }

  /** Of a connection in clear. */
  data(chunk: Buffer): boolean {
    if (!this.#done) this.#events.data(chunk);
    return true;
  }

  holds(): boolean {
    return this.#events.holds?.() ?? true;
  }

  end(): void {
    this.#end('');
  }

  drained(): void {
    if (!this.#done) this.#events.drained();
  }

  closed(failure: Error | null): void {
    this.#failure ??= failure;
    this.#onClose();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#end(this.#failure === null ? '' : this.#failureText());
    this.#whenClosed();
  }

  #failureText(): string {
    const secure = this.#socket instanceof TLSSocket;
    const message = this.#failure instanceof Error ? this.#failure.message : '';
    if (secure && /error:[0-9A-F]+:/.test(message))
      return `SSL_accept() failed: ${tlsErrorText(this.#failure)}`;
    return readErrorText(this.#failure);
  }

  #end(error: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#events.closed(error);
  }

  /** Bytes that the kernel has not taken yet. */
  get waiting(): number {
    const socket = this.#socket;
    return socket instanceof PlainConnection ? socket.waiting : socket.writableLength;
  }

  /** Bytes of the last write must not change. */
  get keepsBytes(): boolean {
    const socket = this.#socket;
    return socket instanceof PlainConnection ? socket.waiting > 0 : this.#keeps;
  }

  /** Text: one byte per character. False: no room, `drained` follows. */
  write(data: Buffer | string): boolean {
    const socket = this.#socket;
    if (this.#closed) return true;
    if (socket instanceof PlainConnection) return socket.write(data);
    this.#keeps = keepsNextWrite(socket);
    return writeToSocket(socket, data);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /**
   * Server side of TLS on the same connection; `early` was read already and belongs to it. `asked`: the client is
   * to show a certificate.
   */
  startTls(
    early: Buffer,
    context: SecureContext,
    contextFor: ContextFor,
    asked: CertificateRequest | null = null,
  ): void {
    const plain = this.#socket;
    const raw = plain instanceof PlainConnection ? plain.intoSocket() : plain;
    if (plain !== raw) this.#watch(raw);
    raw.removeAllListeners('data');
    raw.removeAllListeners('end');
    raw.removeAllListeners('drain');
    raw.pause();
    if (early.length > 0) raw.unshift(early);
    const secure = new TLSSocket(raw, {
      isServer: true,
      secureContext: context,
      // What is wrong with it is looked at when somebody logs in.
      requestCert: asked !== null,
      rejectUnauthorized: false,
      SNICallback: (name, done) => {
        try {
          done(null, contextFor(fromUtf8(name)));
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    this.#socket = secure;
    this.#watch(secure);
    secure.on('data', (chunk: Buffer) => this.data(chunk));
    secure.once('secure', () => {
      if (this.#done) return;
      const name = 'servername' in secure && typeof secure.servername === 'string' ? secure.servername : '';
      const certificate = asked === null ? NO_CERTIFICATE : clientCertificate(secure, asked);
      this.#events.tlsReady(fromUtf8(name), { security: securityText(secure), certificate });
    });
  }

  /** Sends what is waiting and ends the connection. */
  finish(): void {
    this.#done = true;
    if (this.#closed) return;
    const socket = this.#socket;
    socket.resume();
    socket.destroySoon();
    if (!socket.destroyed) this.#linger ??= setTimeout(() => socket.destroy(), LINGER_MS);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Dovecot lib-ssl-iostream/iostream-openssl.c openssl_iostream_get_security_string */
function securityText(secure: TLSSocket): string {
  const { name } = secure.getCipher();
  const bits = /128/.test(name) ? 128 : 256;
  return `${secure.getProtocol() ?? ''} with cipher ${name} (${bits}/${bits} bits)`;
}
