import type { Series } from '../../../../src/knowledge/versions.js';
import type { ServedProtocol } from '../../../../src/proxy/login-protocols.js';
import type { LineAnswer } from '../../../serve/line-backend.js';

/** Where a client comes from, which decides what it may: the second number of its address, 127.N.x.y. */
export const NETWORKS = {
  any: 2,
  /** login_trusted_networks */
  trusted: 1,
  /** Passwords only behind TLS; LMTP: no TLS, and other delimiters. */
  private: 3,
  /** ssl = required */
  encrypted: 4,
  /** LMTP: more syntax is taken, other headers are written, failures are told in full. */
  lenient: 5,
  /** LMTP: no header of the proxy's own. */
  bare: 6,
  /** LMTP: no address in the header. */
  headed: 7,
} as const;

/**
 * One thing a client does: a line to send whose answer is waited for, bytes with the answer to wait for (null = none),
 * a TLS handshake, or nothing but waiting for the other side to end. `@ADDR@` is an address that no other case names.
 */
export type Step =
  | string
  | { readonly send: string; readonly until: RegExp | null }
  | { readonly tls: string }
  /** What to send depends on the challenge, and the answer ends like this. */
  | { readonly respond: (challenge: string, user: string) => string; readonly until: RegExp }
  /** Bytes in writes of their own, and whatever is answered. */
  | { readonly pieces: readonly string[] }
  /** The command that begins TLS, and a handshake where it is granted. */
  | { readonly upgrade: string }
  /** A goodbye, once more where the other side stays: the first may have been taken for something else. */
  | { readonly farewell: string }
  | 'END';

/** What a server behind the proxies says. */
export interface Behind {
  /** '' = nothing. */
  readonly greeting: string;
  readonly implicitTls?: boolean;
  readonly answer: Answering;
  /** For each connection an own one, where answers depend on what was said before. */
  readonly converse?: () => Answering;
  /** How what is said goes out. */
  readonly pieces?: (text: string) => readonly string[];
}

type Answering = (line: string, secured: boolean, connection: number) => LineAnswer | string;

/** A user, and who is behind the proxies for that user. */
export interface LiveUser {
  /** Null = nothing listens; `mute` = no connection is ever answered. */
  readonly behind?: Behind | 'mute' | null;
  /** More fields of the user than `proxy host=127.0.0.1 port=@PORT@`. */
  readonly fields?: string;
  /** All fields of the user. `@PORT:name@` is the port of another one's server, `@SELF@` the listener's own. */
  readonly allFields?: string;
}

/** One conversation that a real proxy and dvproxy have, each with its own backend. */
export interface LiveCase extends LiveUser {
  readonly protocol: ServedProtocol;
  /**
   * Lines get their end; `@USER@` is the case's own user, `@USER:name@` another one of it, `@LOCAL@` its local part,
   * `@UPPER@` the name in capitals, `@PLAIN@` the PLAIN response with the right password, which is `pass`.
   */
  readonly steps: readonly Step[];
  /** Other users by name. */
  readonly more?: Readonly<Record<string, LiveUser>>;
  readonly from?: keyof typeof NETWORKS;
  /** The listener with TLS at once. */
  readonly implicitTls?: boolean;
  /** Silence of so many milliseconds is an answer, too. */
  readonly silenceMs?: number;
  /** In the passwd-file of users who may not log in. */
  readonly denied?: boolean;
  /** What only one version does. */
  readonly only?: Series;
  /** The real process dies of it, in one version or both: dvproxy answers. */
  readonly crashes?: true | Series;
  /** Why it is not compared: what the real one does is chance, or no use to anybody. */
  readonly leftOut?: string;
  /** The real log has the backend's line ends in it, dvproxy's question marks. */
  readonly breaksLog?: true;
  /** Takes half a minute: begins first. */
  readonly slow?: true;
  /** Lines of several processes, whose order is chance. */
  readonly anyOrder?: true;
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
