import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../../auth/answer.js';
import type { AuthRequest } from '../../auth/request.js';
import type { BackendTls, LogLevel } from '../session-event.js';

/** A recipient without proxy fields: whether the userdbs know it. `unavailable`: they could not be asked. */
export type LocalUser = 'exists' | 'unknown' | 'unavailable';

/** What happens to an LMTP session. `backend` numbers its connections from 1 on. */
export type LmtpEvent =
  | { readonly kind: 'client_connected' }
  | { readonly kind: 'client_data'; readonly data: ByteString }
  /** `error`: the system's or TLS text; '' for an orderly end. */
  | { readonly kind: 'client_closed'; readonly error: string }
  /** `security`: `TLSv1.3 with cipher ...`, as Dovecot words it. */
  | { readonly kind: 'client_tls_ready'; readonly localName: ByteString; readonly security: ByteString }
  | { readonly kind: 'looked_up'; readonly answer: AuthAnswer; readonly local: LocalUser }
  | { readonly kind: 'backend_connected'; readonly backend: number }
  | { readonly kind: 'backend_refused'; readonly backend: number; readonly error: string }
  | { readonly kind: 'backend_data'; readonly backend: number; readonly data: ByteString }
  | { readonly kind: 'backend_closed'; readonly backend: number; readonly error: string }
  | { readonly kind: 'backend_tls_failed'; readonly backend: number; readonly error: string }
  /** The message could not be kept. */
  | { readonly kind: 'store_failed'; readonly error: string }
  | { readonly kind: 'timer'; readonly name: string }
  | { readonly kind: 'shutdown' };

/** A part of the stored message, in bytes. */
export interface MessageRange {
  readonly start: number;
  readonly end: number;
}

/** What is to be done about it, in this order. */
export type LmtpAction =
  | { readonly kind: 'to_client'; readonly data: ByteString }
  | { readonly kind: 'start_client_tls'; readonly early: ByteString }
  | { readonly kind: 'pause_client' }
  | { readonly kind: 'resume_client' }
  /** Asks the auth process for a user without a password, and the userdbs where the answer names no proxy. */
  | { readonly kind: 'look_up'; readonly request: AuthRequest }
  | {
      readonly kind: 'connect';
      readonly backend: number;
      readonly ip: string;
      readonly port: number;
      /** Local address to bind; null = any. */
      readonly sourceIp: string | null;
      readonly tls: BackendTls | null;
    }
  | { readonly kind: 'to_backend'; readonly backend: number; readonly data: ByteString }
  /** Sends a part of the stored message; with `dotted` a dot at the start of a line is doubled. */
  | {
      readonly kind: 'send_message';
      readonly backend: number;
      readonly range: MessageRange;
      readonly dotted: boolean;
    }
  | { readonly kind: 'start_backend_tls'; readonly backend: number; readonly tls: BackendTls }
  | { readonly kind: 'close_backend'; readonly backend: number }
  /** Appends to the message that is being received. */
  | { readonly kind: 'store'; readonly data: ByteString }
  | { readonly kind: 'discard_message' }
  | { readonly kind: 'set_timer'; readonly name: string; readonly milliseconds: number }
  | { readonly kind: 'clear_timer'; readonly name: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: ByteString }
  /** After everything sent has gone out. */
  | { readonly kind: 'close_client' };
