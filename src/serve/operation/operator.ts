import type { BackendStatus } from './backend-health.js';
import { addCounts, type Counts, NO_COUNTS } from './counters.js';
import type { SessionInfo } from './session-record.js';
import type { BackendAction } from './shared-state.js';

/** A running proxy as its administrator sees it. */
export interface ProxyStatus {
  readonly dovecot: string;
  readonly pid: number;
  /** Processes that serve. */
  readonly workers: number;
  /** ISO 8601. */
  readonly started: string;
  readonly endpoints: readonly string[];
  readonly counts: Counts;
  readonly sessions: readonly SessionInfo[];
  /** Those that are not simply well. */
  readonly backends: readonly BackendStatus[];
}

/** Which sessions to end: all of a user, or those of them that go to one backend. */
export interface KickQuestion {
  /** null: of anybody. */
  readonly user: string | null;
  /** Address of the backend; null: any. */
  readonly host: string | null;
}

/**
 * What can be asked of a running proxy. One process answers for itself, the supervisor of several for all of them; what
 * several machines would share one day stands behind this, too.
 */
export interface Operator {
  status(): Promise<ProxyStatus>;
  /** How many sessions were ended. */
  kick(question: KickQuestion): Promise<number>;
  /** Rejects with the reason where the new configuration cannot be used; the old one stays. */
  reload(): Promise<void>;
  /** Keeps new sessions from a backend (`IP:PORT`) or an address, or takes it as well again. False: it was. */
  changeBackend(action: BackendAction, place: string): Promise<boolean>;
  /** Another process goes on with the listening sockets; resolves when it serves, rejects where it cannot. */
  restart(): Promise<void>;
  /** Lets sessions end and stops; resolves when that has begun. */
  stop(): Promise<void>;
}

/** The parts of a status that each process has of its own. */
export interface ProcessStatus {
  readonly counts: Counts;
  readonly sessions: readonly SessionInfo[];
}

export function joinStatus(parts: readonly ProcessStatus[]): ProcessStatus {
  return {
    counts: parts.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS),
    sessions: parts
      .flatMap(({ sessions }) => sessions)
      .sort((a, b) => (a.user < b.user ? -1 : a.user > b.user ? 1 : a.since < b.since ? -1 : 1)),
  };
}
