import type { LoginSession } from '../../src/proxy/login-session.js';
import type { SessionEvent, TimerName } from '../../src/proxy/session-event.js';

/** One client of a replay with its session, its timers and its backend. */
export interface ReplayedClient {
  readonly name: string;
  readonly session: LoginSession;
  readonly timers: Map<TimerName, number>;
  backend: string | null;
  held: string | null;
  relaying: boolean;
  paused: boolean;
  gone: boolean;
  waiting: SessionEvent[];
  bytesIn: number;
  bytesOut: number;
}
