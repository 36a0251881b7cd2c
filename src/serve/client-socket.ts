import { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ByteString } from '../../grammar/bytes.js';
import type { ClientCertificate } from '../proxy/login-client.js';
import { clientCertificate } from './client-certificate.js';
import type { Connection, TlsEvents, TlsPeer } from './connection.js';
import type { TcpHandle } from './node-handles.js';
import { PlainConnection } from './plain-connection.js';
import type { CertificateRequest } from './session-tls.js';
import { SocketConnection } from './socket-connection.js';
import { readErrorText, tlsErrorText } from './system-errors.js';
import type { TlsServerOptions } from './tls-connection.js';
import { serverTls } from './tls-start.js';

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
  tlsReady(localName: ByteString, handshake: Handshake): void;
  closed(error: string): void;
}

/** An accepted connection: Node's handle alone where that can be had. */
export type Accepted = Socket | TcpHandle;

const NO_CERTIFICATE: ClientCertificate = { state: 'none', user: '' };

/** A connection that is shut but whose last bytes are not taken: it ends after this time all the same. */
const LINGER_MS = 10_000;

/** Certificate for a TLS server name. */
export type ContextFor = (localName: ByteString) => SecureContext;

/** One client's connection, in clear first or with TLS from the start. */
export class ClientSocket implements TlsEvents {
  /** In clear until TLS begins. */
  #clear: PlainConnection | SocketConnection | null;
  #connection: Connection;
  readonly #events: ClientEvents;
  #asked: CertificateRequest | null = null;
  #handshake: 'none' | 'running' | 'done' = 'none';
  #done = false;
  #closed = false;
  #linger: NodeJS.Timeout | null = null;
  readonly #whenClosed: () => void;

  constructor(accepted: Accepted, events: ClientEvents, whenClosed: () => void) {
    this.#events = events;
    this.#whenClosed = whenClosed;
    accepted.setNoDelay(true);
    const clear =
      accepted instanceof Socket ? new SocketConnection(accepted, this) : new PlainConnection(accepted, this);
    clear.startReading();
    this.#clear = clear;
    this.#connection = clear;
  }

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
    if (this.#closed) return;
    this.#closed = true;
    if (this.#linger !== null) clearTimeout(this.#linger);
    this.#end(failure === null ? '' : this.#failureText(failure));
    this.#whenClosed();
  }

  /** Dovecot lib-ssl-iostream/iostream-openssl.c openssl_iostream_handle_error */
  #failureText(failure: Error): string {
    if (!/error:[0-9A-F]+:/.test(failure.message)) return readErrorText(failure);
    const call = this.#handshake === 'done' ? 'SSL_read' : 'SSL_accept()';
    return `${call} failed: ${tlsErrorText(failure)}`;
  }

  #end(error: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#events.closed(error);
  }

  /** Bytes that the kernel has not taken yet. */
  get waiting(): number {
    return this.#connection.waiting;
  }

  /** Bytes of the last write must not change. */
  get keepsBytes(): boolean {
    return this.#connection.keepsBytes;
  }

  /** Text: one byte per character. False: no room, `drained` follows. */
  write(data: Buffer | string): boolean {
    return this.#closed || this.#connection.write(data);
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
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
    const clear = this.#clear;
    if (clear === null || this.#closed) return;
    this.#clear = null;
    this.#asked = asked;
    this.#handshake = 'running';
    // What is wrong with a certificate is looked at when somebody logs in.
    const options: TlsServerOptions = { context, contextFor, asksCertificate: asked !== null };
    this.#connection = serverTls(clear, early, options, this);
  }

  secured(peer: TlsPeer): void {
    this.#handshake = 'done';
    if (this.#done) return;
    const certificate = this.#asked === null ? NO_CERTIFICATE : clientCertificate(peer, this.#asked);
    this.#events.tlsReady(peer.serverName, { security: securityText(peer), certificate });
  }

  /** Sends what is waiting and ends the connection. */
  finish(): void {
    this.#done = true;
    if (this.#closed) return;
    const connection = this.#connection;
    connection.resume();
    connection.destroySoon();
    if (!connection.destroyed) this.#linger ??= setTimeout(() => connection.destroy(), LINGER_MS);
  }

  destroy(): void {
    this.#connection.destroy();
  }
}

/** Dovecot lib-ssl-iostream/iostream-openssl.c openssl_iostream_get_security_string */
function securityText({ protocol, cipher: { name } }: TlsPeer): string {
  const bits = /128/.test(name) ? 128 : 256;
  return `${protocol} with cipher ${name} (${bits}/${bits} bits)`;
}
