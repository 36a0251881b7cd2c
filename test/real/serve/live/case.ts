import type { Series } from '../../../../src/knowledge/versions.js';
import type { LoginProtocol } from '../../../../src/proxy/login-protocols.js';
import type { LineAnswer } from '../../../serve/line-backend.js';

/** Where a client comes from, which decides what it may: the second number of its address, 127.N.x.y. */
export const NETWORKS = {
  any: 2,
  /** login_trusted_networks */
  trusted: 1,
  /** Passwords only behind TLS. */
  private: 3,
  /** ssl = required */
  encrypted: 4,
} as const;

/**
 * One thing a client does: a line to send whose answer is waited for, bytes with the answer to wait for (null = none),
 * a TLS handshake, or nothing but waiting for the other side to end.
 */
export type Step =
  | string
  | { readonly send: string; readonly until: RegExp | null }
  | { readonly tls: string }
  /** What to send depends on the challenge, and the answer ends like this. */
  | { readonly respond: (challenge: string, user: string) => string; readonly until: RegExp }
  | 'END';

/** What a server behind the proxies says. */
export interface Behind {
  /** '' = nothing. */
  readonly greeting: string;
  readonly implicitTls?: boolean;
  readonly answer: (line: string, secured: boolean, connection: number) => LineAnswer | string;
}

/** One conversation that a real proxy and dvproxy have, each with its own backend. */
export interface LiveCase {
  readonly protocol: LoginProtocol;
  /**
   * Lines get their end; `@USER@` is the case's own user, `@PLAIN@` its PLAIN response with the right password,
   * which is `pass`.
   */
  readonly steps: readonly Step[];
  /** Null = nothing listens. */
  readonly behind?: Behind | null;
  /** More fields of the user than `proxy host=127.0.0.1 port=@PORT@`. */
  readonly fields?: string;
  /** All fields of the user. */
  readonly allFields?: string;
  readonly from?: keyof typeof NETWORKS;
  /** The listener with TLS at once. */
  readonly implicitTls?: boolean;
  /** In the passwd-file of users who may not log in. */
  readonly denied?: boolean;
  /** What only one version does. */
  readonly only?: Series;
  /** The real login process dies of it: dvproxy answers. */
  readonly crashes?: true;
  /** The real log has the backend's line ends in it, dvproxy's question marks. */
  readonly breaksLog?: true;
}

export type LiveCases = Readonly<Record<string, LiveCase>>;

/** Bytes, and what to wait for. */
export function send(text: string, until: RegExp | null = null): Step {
  return { send: text, until };
}

/** A handshake, naming this host. */
export function tls(name = 'proxy.example.com'): Step {
  return { tls: name };
}

export function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}
