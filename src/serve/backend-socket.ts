import { checkServerIdentity } from 'node:tls';
import { toUtf8 } from '../../grammar/bytes.js';
import type { BackendTls, LocalAddress } from '../proxy/session-event.js';
import type { Connection, TlsEvents, TlsPeer } from './connection.js';
import { hasHandles } from './node-handles.js';
import { PlainConnection } from './plain-connection.js';
import { SocketConnection } from './socket-connection.js';
import { READ_SIZE, systemErrorText, tlsErrorText } from './system-errors.js';
import type { BackendTlsContext } from './tls-context.js';
import { type ClearConnection, clientTls } from './tls-start.js';

export interface BackendTarget {
  readonly ip: string;
  readonly port: number;
  /** Address to bind; null = any. */
  readonly sourceIp: string | null;
  readonly tls: BackendTls | null;
}

/** What becomes of a backend connection. No call comes after `closed` or `refused`. */
export interface BackendEvents {
  connected(): void;
  refused(error: string, local: LocalAddress | null): void;
  /** The bytes may be used during the call only, or be written to a socket of here. False = no more until `resume`. */
  data(chunk: Buffer): boolean;
  /** Bytes of the last chunk are still to be written. */
  holds?(): boolean;
  /** Every byte that was sent is with the kernel again. */
  drained(): void;
  closed(error: string): void;
  /** No TLS, or a certificate that is not accepted. */
  tlsFailed(error: string): void;
  /** The handshake is done; `problem`: what a check of the certificate finds, whether or not it is wanted. */
  secured?(peer: TlsPeer, problem: string | null): void;
}

/** A connection whose last bytes are not taken ends after this time all the same. */
const LINGER_MS = 10_000;

/** One connection to a backend, in clear or with TLS; bytes for it wait until TLS is up and its certificate accepted. */
export class BackendSocket implements TlsEvents {
  readonly #target: BackendTarget;
  readonly #events: BackendEvents;
  readonly #tls: () => BackendTlsContext;
  /** In clear until TLS begins. */
  #clear: ClearConnection | null;
  #connection: Connection;
  #started: { readonly tls: BackendTls; readonly settings: BackendTlsContext } | null = null;
  #held: (Buffer | string)[] | null = null;
  #connected = false;
  /** Known while the connection lasts; kept of one that could not be made. */
  #local: LocalAddress | null = null;
  #done = false;
  #linger: NodeJS.Timeout | null = null;

  constructor(target: BackendTarget, tls: () => BackendTlsContext, events: BackendEvents) {
    this.#target = target;
    this.#tls = tls;
    this.#events = events;
    const { ip, port, sourceIp } = target;
    const kind = hasHandles ? PlainConnection : SocketConnection;
    const clear = kind.connect(ip, port, sourceIp, this, () => this.#onConnect());
    this.#clear = clear;
    this.#connection = clear;
  }

  /** Bytes of the last write must not change. */
  get keepsBytes(): boolean {
    return this.#connection.keepsBytes;
  }

  data(chunk: Buffer): boolean {
    return this.#done || this.#events.data(chunk);
  }

  holds(): boolean {
    return this.#events.holds?.() ?? true;
  }

  end(): void {
    this.#end('');
  }

  drained(): void {
    this.#events.drained();
  }

  closed(failure: Error | null): void {
    if (this.#linger !== null) clearTimeout(this.#linger);
    if (failure === null) this.#end('');
    else if (!this.#connected) this.#refuse(systemErrorText(failure));
    else this.#end(readFailure(failure));
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
    const { address, port } = this.#connection.local;
    if (address !== undefined && port !== undefined && address !== '0.0.0.0' && address !== '::')
      this.#local = { ip: address, port };
    if (this.#local !== null) return this.#local;
    return this.#target.sourceIp === null ? null : { ip: this.#target.sourceIp, port: null };
  }

  #onConnect(): void {
    this.#connected = true;
    this.#events.connected();
    if (this.#target.tls !== null && !this.#done) this.startTls(this.#target.tls);
  }

  /** Text: one byte per character. False: no room, `drained` follows. */
  write(data: Buffer | string): boolean {
    if (this.#held === null) return this.#connection.write(data);
    this.#held.push(typeof data === 'string' ? data : Buffer.from(data));
    return true;
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Everything written from now on goes out after the handshake. */
  startTls(tls: BackendTls): void {
    const clear = this.#clear;
    if (clear === null) return;
    this.#held = [];
    let settings: BackendTlsContext;
    try {
      settings = this.#tls();
    } catch (error) {
      this.destroy();
      this.#events.tlsFailed(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#started = { tls, settings };
    this.#clear = null;
    const { context } = settings;
    const { applicationProtocol } = tls;
    this.#connection = clientTls(clear, { context, serverName: toUtf8(tls.host), applicationProtocol }, this);
  }

  secured(peer: TlsPeer): void {
    if (this.#done || this.#started === null) return;
    const { tls, settings } = this.#started;
    const found = certificateProblem(peer, tls, settings);
    this.#events.secured?.(peer, found);
    if (tls.verify && settings.verify && found !== null) {
      this.destroy();
      this.#events.tlsFailed(found);
      return;
    }
    const held = this.#held ?? [];
    this.#held = null;
    for (const data of held) this.#connection.write(data);
  }

  /** No more is wanted: what was written still goes out. */
  finish(): void {
    this.#done = true;
    const connection = this.#connection;
    connection.resume();
    if (!this.#connected || this.#held !== null) {
      connection.destroy();
      return;
    }
    connection.destroySoon();
    if (!connection.destroyed) this.#linger = setTimeout(() => connection.destroy(), LINGER_MS);
  }

  destroy(): void {
    this.#done = true;
    this.#connection.destroy();
  }

  get destroyed(): boolean {
    return this.#connection.destroyed;
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
function certificateProblem(peer: TlsPeer, tls: BackendTls, settings: BackendTlsContext): string | null {
  const { certificate, verifyProblem: code } = peer;
  const known = Object.entries(CERTIFICATE_PROBLEMS).find(([name]) => code?.includes(name));
  const reason = settings.refusal ?? known?.[1] ?? code;
  if (reason !== null) {
    const subject = Object.entries(certificate?.subject ?? {})
      .map(([name, value]) => `/${name}=${Array.isArray(value) ? value.join(',') : value}`)
      .join('');
    return `Received invalid SSL certificate: ${reason}: ${subject} (check ssl_client_ca_* settings?)`;
  }
  const host = toUtf8(tls.host);
  if (certificate !== null && checkServerIdentity(host, certificate) === undefined) return null;
  return `SSL certificate doesn't match expected host name ${host}: did not match to any IP or DNS fields`;
}
