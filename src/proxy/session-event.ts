import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthRequest } from '../auth/request.js';
import type { ClientCertificate } from './login-client.js';

/** Timers of a session; setting one again replaces it. */
export type TimerName = 'idle' | 'login' | 'reconnect' | 'refresh' | 'disconnect';

/** What happens to a session. Bytes are as they came, in pieces of any size. */
export type SessionEvent =
  /** The connection is accepted. With implicit TLS the handshake is still to come. */
  | { readonly kind: 'client_connected' }
  | { readonly kind: 'client_data'; readonly data: ByteString }
  /** `error`: the system's or TLS text; '' for an orderly end. */
  | { readonly kind: 'client_closed'; readonly error: string }
  /** Handshake done; `localName` is the server name of the client hello, '' if there was none. */
  | {
      readonly kind: 'client_tls_ready';
      readonly localName: ByteString;
      /** `TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`. */
      readonly security?: ByteString;
      readonly certificate?: ClientCertificate;
    }
  /** The auth process goes on with a SASL exchange; `user`: the name that it has been told alone. */
  | { readonly kind: 'sasl_challenge'; readonly data: ByteString; readonly user: ByteString | null }
  | { readonly kind: 'auth_answered'; readonly answer: AuthAnswer }
  | { readonly kind: 'backend_connected' }
  /** The connection could not be made; `error` is strerror's text, `local` the bound address as far as it is known. */
  | { readonly kind: 'backend_refused'; readonly error: string; readonly local: LocalAddress | null }
  /** No connection is tried: the backend is known to be down, or an administrator keeps sessions away from it. */
  | { readonly kind: 'backend_unavailable'; readonly reason: ByteString }
  | { readonly kind: 'backend_data'; readonly data: ByteString }
  | { readonly kind: 'backend_closed'; readonly error: string }
  /** TLS could not be set up, or the certificate is refused: trying again would change nothing. */
  | { readonly kind: 'backend_tls_failed'; readonly error: string }
  | { readonly kind: 'timer'; readonly name: TimerName; readonly local?: LocalAddress | null }
  /** The relay is over. */
  | { readonly kind: 'relay_ended'; readonly end: RelayEnd }
  /** There is no room for more: this session gives way to a new one. */
  | { readonly kind: 'queue_full' }
  /** The proxy stops: sessions before the login are told so. */
  | { readonly kind: 'shutdown' };

export interface LocalAddress {
  readonly ip: string;
  /** null: only the address that was asked for is known. */
  readonly port: number | null;
}

/** How a relay came to its end. */
export interface RelayEnd {
  readonly side: 'client' | 'server' | 'proxy';
  /** Text of an error, or the reason for side `proxy`; '' for an orderly end. */
  readonly error: string;
  readonly idleSeconds: number;
  /** Bytes given to the backend and to the client since the relay began. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that the client had not taken yet. */
  readonly unsent: number;
  readonly clientBlocked: boolean;
  readonly serverBlocked: boolean;
  /** The client is kept that long (login_proxy_max_disconnect_delay). */
  readonly delayMs?: number;
}

/** TLS towards a backend. */
export interface BackendTls {
  /** Name or address for SNI and for the check of the certificate. */
  readonly host: ByteString;
  readonly verify: boolean;
  /** Application protocol to name (2.4); null = none. */
  readonly applicationProtocol: string | null;
}

/** What is to be done about it, in this order. */
export type SessionAction =
  | { readonly kind: 'to_client'; readonly data: ByteString }
  /** Held back until the TLS handshake before it is done and the certificate accepted. */
  | { readonly kind: 'to_backend'; readonly data: ByteString }
  /** Everything sent so far goes out in clear, then TLS; `early` are bytes that followed the command. */
  | { readonly kind: 'start_client_tls'; readonly early: ByteString }
  | { readonly kind: 'pause_client' }
  | { readonly kind: 'resume_client' }
  | { readonly kind: 'authenticate'; readonly request: AuthRequest }
  /** A mechanism that the auth process speaks; `initial` null: the client sent no initial response. */
  | { readonly kind: 'sasl_start'; readonly initial: ByteString | null; readonly request: AuthRequest }
  | { readonly kind: 'sasl_continue'; readonly response: ByteString }
  | { readonly kind: 'sasl_cancel' }
  | {
      readonly kind: 'connect';
      readonly ip: string;
      readonly port: number;
      /** Local address to bind; null = any. */
      readonly sourceIp: string | null;
      /** TLS from the start. */
      readonly tls: BackendTls | null;
    }
  | { readonly kind: 'start_backend_tls'; readonly tls: BackendTls }
  | { readonly kind: 'close_backend' }
  | { readonly kind: 'set_timer'; readonly name: TimerName; readonly milliseconds: number }
  | { readonly kind: 'clear_timer'; readonly name: TimerName }
  /** From now on bytes go straight through; these were read already. */
  | { readonly kind: 'relay'; readonly toBackend: ByteString; readonly toClient: ByteString }
  /** The user is still here (proxy_refresh): whoever reads login_proxy_notify_path is told. */
  | { readonly kind: 'notify'; readonly user: ByteString }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: ByteString }
  /** A whole line that Dovecot's auth process writes. */
  | { readonly kind: 'log_auth'; readonly level: LogLevel; readonly line: ByteString }
  /** After everything sent has gone out. */
  | { readonly kind: 'close_client' };

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';
