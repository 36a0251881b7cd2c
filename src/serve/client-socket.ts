import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { fromUtf8 } from '../../grammar/bytes.js';
import type { ClientCertificate } from '../proxy/login-client.js';
import { clientCertificate } from './client-certificate.js';
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
  data(chunk: Buffer): void;
  drained(): void;
  tlsReady(localName: string, handshake: Handshake): void;
  closed(error: string): void;
}

const NO_CERTIFICATE: ClientCertificate = { state: 'none', user: '' };

/** A connection that is shut but whose last bytes are not taken: it ends after this time all the same. */
const LINGER_MS = 10_000;

/** Certificate for a TLS server name. */
export type ContextFor = (localName: string) => SecureContext;

/** One client's connection, in clear first or with TLS from the start. */
export class ClientSocket {
  #socket: Socket;
  readonly #events: ClientEvents;
  #done = false;
  #closed = false;
  #failure: unknown = null;
  #linger: NodeJS.Timeout | null = null;
  readonly #whenClosed: () => void;

  constructor(socket: Socket, events: ClientEvents, whenClosed: () => void) {
    this.#socket = socket;
    this.#events = events;
    this.#whenClosed = whenClosed;
    socket.setNoDelay(true);
    this.#watch(socket);
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
  }

  #data(chunk: Buffer): void {
    if (!this.#done) this.#events.data(chunk);
  }

  #watch(socket: Socket): void {
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('end', () => {
      if (socket === this.#socket) this.#end('');
    });
    socket.on('drain', () => {
      if (!this.#done) this.#events.drained();
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.#onClose();
    });
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
    return this.#socket.writableLength;
  }

  write(data: Buffer): boolean {
    return this.#closed ? true : this.#socket.write(data);
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
    const raw = this.#socket;
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
    secure.on('data', (chunk: Buffer) => this.#data(chunk));
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
    this.#socket.resume();
    this.#socket.destroySoon();
    this.#linger ??= setTimeout(() => this.#socket.destroy(), LINGER_MS);
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
