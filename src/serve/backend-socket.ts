import { connect as connectTcp, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import { toUtf8 } from '../../grammar/bytes.js';
import type { BackendTls, LocalAddress } from '../proxy/session-event.js';
import { READ_SIZE, systemErrorText, tlsErrorText } from './system-errors.js';
import type { BackendTlsContext } from './tls-context.js';

export interface BackendTarget {
  readonly ip: string;
  readonly port: number;
  /** Address to bind; null = any. */
  readonly sourceIp: string | null;
  readonly tls: BackendTls | null;
  /** STARTTLS may follow: the connection must be able to change hands. */
  readonly mayStartTls: boolean;
}

/** What becomes of a backend connection. No call comes after `closed` or `refused`. */
export interface BackendEvents {
  connected(): void;
  refused(error: string, local: LocalAddress | null): void;
  /** False = no more until `resume`. */
  data(chunk: Buffer): boolean;
  /** Every byte that was sent is with the kernel again. */
  drained(): void;
  closed(error: string): void;
  /** No TLS, or a certificate that is not accepted. */
  tlsFailed(error: string): void;
  /** The handshake is done; `problem`: what a check of the certificate finds, whether or not it is wanted. */
  secured?(socket: TLSSocket, problem: string | null): void;
}

/** Reads of at least that size are a transfer: such a connection gets a buffer of its own and is not copied. */
const TRANSFER_SIZE = 16_384;
/** A connection whose last bytes are not taken ends after this time all the same. */
const LINGER_MS = 10_000;
/** Idle connections read into one buffer, whose bytes are copied out at once. */
const SHARED = Buffer.allocUnsafeSlow(READ_SIZE);

/** One connection to a backend, in clear or with TLS; bytes for it wait until TLS is up and its certificate accepted. */
export class BackendSocket {
  readonly #target: BackendTarget;
  readonly #events: BackendEvents;
  readonly #tls: () => BackendTlsContext;
  #socket: Socket;
  #held: Buffer[] | null = null;
  #own: Buffer | null = null;
  #next: Buffer = SHARED;
  #connected = false;
  #done = false;
  #inUse: () => boolean = () => true;

  constructor(target: BackendTarget, tls: () => BackendTlsContext, events: BackendEvents) {
    this.#target = target;
    this.#tls = tls;
    this.#events = events;
    const plain = target.tls === null && !target.mayStartTls;
    this.#socket = connectTcp({
      host: target.ip,
      port: target.port,
      noDelay: true,
      allowHalfOpen: true,
      ...(target.sourceIp === null ? {} : { localAddress: target.sourceIp }),
      ...(plain
        ? { onread: { buffer: () => this.#next, callback: (size, buffer) => this.#onRead(size, buffer) } }
        : {}),
    });
    if (!plain && target.tls === null) this.#socket.on('data', (chunk: Buffer) => this.#chunk(chunk));
    this.#watch(this.#socket);
    this.#socket.once('connect', () => this.#onConnect());
  }

  get bytesWaiting(): number {
    return this.#socket.writableLength;
  }

  #watch(socket: Socket): void {
    let failure: unknown = null;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => this.#end(''));
    socket.on('drain', () => this.#events.drained());
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      if (failure === null) this.#end('');
      else if (!this.#connected) this.#refuse(systemErrorText(failure));
      else this.#end(readFailure(failure));
    });
  }

  #refuse(error: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#events.refused(error, this.local);
  }

  #end(error: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#events.closed(error);
  }

  /** The address in use, or the one that was asked for. */
  get local(): LocalAddress | null {
    const { localAddress, localPort } = this.#socket;
    if (
      localAddress !== undefined &&
      localPort !== undefined &&
      localAddress !== '0.0.0.0' &&
      localAddress !== '::'
    )
      return { ip: localAddress, port: localPort };
    return this.#target.sourceIp === null ? null : { ip: this.#target.sourceIp, port: null };
  }

  #onConnect(): void {
    this.#connected = true;
    this.#events.connected();
    if (this.#target.tls !== null && !this.#done) this.startTls(this.#target.tls);
  }

  #onRead(size: number, buffer: Uint8Array): boolean {
    if (this.#done) return true;
    const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size);
    const more = this.#events.data(buffer === SHARED ? Buffer.from(chunk) : chunk);
    if (size < TRANSFER_SIZE) {
      this.#own = null;
      this.#next = SHARED;
    } else {
      // Bytes that the client has not taken yet are still in the old buffer.
      if (this.#own === null || this.#inUse()) this.#own = Buffer.allocUnsafeSlow(READ_SIZE);
      this.#next = this.#own;
    }
    return more;
  }

  /** Set by the relay: whether bytes of the last chunk are still to be written. */
  onBufferUse(inUse: () => boolean): void {
    this.#inUse = inUse;
  }

  #chunk(chunk: Buffer): void {
    if (this.#done) return;
    if (!this.#events.data(chunk)) this.#socket.pause();
  }

  write(data: Buffer): boolean {
    if (this.#held !== null) {
      this.#held.push(data);
      return true;
    }
    return this.#socket.write(data);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Everything written from now on goes out after the handshake. */
  startTls(tls: BackendTls): void {
    this.#held = [];
    const raw = this.#socket;
    raw.removeAllListeners('data');
    raw.removeAllListeners('end');
    raw.removeAllListeners('drain');
    let settings: BackendTlsContext;
    try {
      settings = this.#tls();
    } catch (error) {
      this.destroy();
      this.#events.tlsFailed(error instanceof Error ? error.message : String(error));
      return;
    }
    const secure = connectTls({
      socket: raw,
      secureContext: settings.context,
      servername: toUtf8(tls.host),
      rejectUnauthorized: false,
      ...(tls.applicationProtocol === null ? {} : { ALPNProtocols: [tls.applicationProtocol] }),
      // The name is looked at after the chain, see certificateProblem.
      checkServerIdentity: () => undefined,
    });
    this.#socket = secure;
    this.#watch(secure);
    secure.on('data', (chunk: Buffer) => this.#chunk(chunk));
    secure.once('secureConnect', () => this.#handshakeDone(secure, tls, settings));
  }

  #handshakeDone(secure: TLSSocket, tls: BackendTls, settings: BackendTlsContext): void {
    if (this.#done) return;
    this.#events.secured?.(secure, certificateProblem(secure, tls, settings));
    const problem = tls.verify && settings.verify ? certificateProblem(secure, tls, settings) : null;
    if (problem !== null) {
      this.destroy();
      this.#events.tlsFailed(problem);
      return;
    }
    const held = this.#held ?? [];
    this.#held = null;
    for (const data of held) secure.write(data);
  }

  /** No more is wanted: what was written still goes out. */
  finish(): void {
    this.#done = true;
    this.#socket.on('error', () => undefined);
    this.#socket.resume();
    if (!this.#connected || this.#held !== null) {
      this.#socket.destroy();
      return;
    }
    const socket = this.#socket;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(linger));
    socket.destroySoon();
  }

  destroy(): void {
    this.#done = true;
    this.#socket.destroy();
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }
}

function readFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  if (/error:[0-9A-F]+:/.test(text)) return `SSL_connect() failed: ${tlsErrorText(error)}`;
  if (/before secure TLS connection was established/.test(text)) return '';
  return `read(size=${READ_SIZE}) failed: ${systemErrorText(error)}`;
}

/** OpenSSL's words for Node's codes. */
const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in certificate chain',
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to verify the first certificate',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_REVOKED: 'certificate revoked',
  UNABLE_TO_GET_CRL: 'unable to get certificate CRL',
};

/** Why a certificate is refused, in Dovecot's words; null where it is good. Dovecot lib-ssl-iostream/iostream-openssl.c */
function certificateProblem(secure: TLSSocket, tls: BackendTls, settings: BackendTlsContext): string | null {
  const certificate = secure.getPeerCertificate();
  const code = secure.authorizationError === null ? '' : String(secure.authorizationError);
  const known = Object.entries(CERTIFICATE_PROBLEMS).find(([name]) => code.includes(name));
  const reason = settings.refusal ?? (secure.authorized ? null : (known?.[1] ?? code));
  if (reason !== null) {
    const subject = Object.entries(certificate.subject ?? {})
      .map(([name, value]) => `/${name}=${Array.isArray(value) ? value.join(',') : value}`)
      .join('');
    return `Received invalid SSL certificate: ${reason}: ${subject} (check ssl_client_ca_* settings?)`;
  }
  const host = toUtf8(tls.host);
  if (checkServerIdentity(host, certificate) === undefined) return null;
  return `SSL certificate doesn't match expected host name ${host}: did not match to any IP or DNS fields`;
}
