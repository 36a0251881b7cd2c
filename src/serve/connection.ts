import type { PeerCertificate } from 'node:tls';
import type { ByteString } from '../../grammar/bytes.js';
import type { HandleAddress } from './node-handles.js';

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

/** One TCP connection, in clear or with TLS, of whatever Node gives for it. */
export interface Connection {
  /** Text: one byte per character. False: the kernel did not take everything; `drained` follows. */
  write(data: Buffer | string): boolean;
  /** Bytes that the kernel has not taken yet. */
  readonly waiting: number;
  /** Bytes of the last write must not change. */
  readonly keepsBytes: boolean;
  readonly local: HandleAddress;
  /** Reads at most one chunk more: an end by reset is noticed, an orderly one waits behind the bytes. */
  pause(): void;
  resume(): void;
  /** Closes it when everything is with the kernel. */
  destroySoon(): void;
  destroy(): void;
  readonly destroyed: boolean;
}

/** The other side of a handshake that is done. */
export interface TlsPeer {
  /** `TLSv1.3` */
  readonly protocol: string;
  /** OpenSSL's name of the cipher, and that of the standard. */
  readonly cipher: { readonly name: string; readonly standardName: string };
  /** The name that the client asked for; '' = none. */
  readonly serverName: ByteString;
  /** null: it has shown none. */
  readonly certificate: PeerCertificate | null;
  /** Why its certificate is not to be trusted, a code such as `CERT_HAS_EXPIRED`; null: it is. */
  readonly verifyProblem: string | null;
}

/** What a connection with TLS tells besides. */
export interface TlsEvents extends ConnectionEvents {
  /** Once. */
  secured(peer: TlsPeer): void;
}
