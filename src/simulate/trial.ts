import type { ByteString } from '../../grammar/bytes.js';
import type { BackendTls, LocalAddress, LogLevel } from '../proxy/session-event.js';

/** What TLS with a backend came to. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** `/CN=backend.example.com`, as Dovecot logs it. */
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses of the certificate. */
  readonly names: readonly string[];
  /** Until when it is valid, as the certificate says. */
  readonly validTo: string;
  /** What a check of the certificate finds, in Dovecot's words; null: it is good. */
  readonly problem: string | null;
  /** Whether the login process checks it. */
  readonly checked: boolean;
}

/** One thing that happened, in its order. Lines are without their ends, secrets are masked already. */
export type TrialEvent =
  | {
      readonly kind: 'connecting';
      readonly ip: string;
      readonly port: number;
      readonly sourceIp: string | null;
    }
  | { readonly kind: 'connected'; readonly local: LocalAddress | null }
  | { readonly kind: 'tls'; readonly facts: TlsFacts }
  | { readonly kind: 'sent'; readonly line: ByteString }
  | { readonly kind: 'received'; readonly line: ByteString }
  /** What the client would be told. */
  | { readonly kind: 'told'; readonly line: ByteString }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly line: ByteString };

/**
 * How a destination answered: `logged_in` (LMTP: the recipient is accepted), `ready` (up to the login, which was not
 * tried), `unanswered` (no connection, or it ended), `tls_failed`, `wrong_answer` (not what the protocol says),
 * `refused` (the login), `temporary` (the backend says: later).
 */
export type TrialOutcome =
  | 'logged_in'
  | 'ready'
  | 'unanswered'
  | 'tls_failed'
  | 'wrong_answer'
  | 'refused'
  | 'temporary';

/** A destination that was tried for real. */
export interface Trial {
  readonly outcome: TrialOutcome;
  /** One sentence; for failures in the words of Dovecot's log. */
  readonly verdict: string;
  readonly events: readonly TrialEvent[];
}

interface TrialTarget {
  readonly ip: string;
  readonly port: number;
  readonly sourceIp: string | null;
  readonly tls: BackendTls | null;
}

interface TrialEvents {
  connected(): void;
  refused(error: string, local: LocalAddress | null): void;
  data(data: ByteString): void;
  secured(facts: TlsFacts): void;
  closed(error: string): void;
  tlsFailed(error: string): void;
}

/** One connection to a backend. No event comes after `refused` or `closed`. */
export interface TrialConnection {
  write(data: ByteString): void;
  startTls(tls: BackendTls): void;
  finish(): void;
  readonly local: LocalAddress | null;
}

export type TrialDial = (target: TrialTarget, events: TrialEvents) => TrialConnection;

/** Milliseconds that a backend may take to say goodbye. */
export const GOODBYE_MS = 3000;

/** Collects what happens: bytes become lines. */
export class TrialLog {
  readonly events: TrialEvent[] = [];
  #received = '';
  /** What waits for a handshake; null: nothing does. */
  #held: TrialEvent[] | null = null;

  add(event: TrialEvent): void {
    this.events.push(event);
    if (event.kind !== 'tls' || this.#held === null) return;
    const { checked, problem } = event.facts;
    if (!checked || problem === null) this.events.push(...this.#held);
    this.#held = null;
  }

  /** What is sent from now on goes out after the handshake, or never. */
  hold(): void {
    this.#held = [];
  }

  received(data: ByteString): void {
    this.#received += data;
    for (let end = this.#received.indexOf('\n'); end !== -1; end = this.#received.indexOf('\n')) {
      this.add({ kind: 'received', line: this.#received.slice(0, end).replace(/\r$/, '') });
      this.#received = this.#received.slice(end + 1);
    }
  }

  sent(data: ByteString): void {
    for (const line of data.replace(/\r?\n$/, '').split(/\r?\n/))
      (this.#held ?? this.events).push({ kind: 'sent', line });
  }

  told(data: ByteString): void {
    for (const line of data.replace(/\r?\n$/, '').split(/\r?\n/)) this.add({ kind: 'told', line });
  }

  /** A line without its end. */
  flush(): void {
    if (this.#received !== '') this.add({ kind: 'received', line: this.#received });
    this.#received = '';
  }
}
