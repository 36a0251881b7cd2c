import type { LoginSession } from '../../src/proxy/login-session.js';
import type { RelayEnd, SessionEvent, TimerName } from '../../src/proxy/session-event.js';

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

export function replayedClient(name: string, session: LoginSession): ReplayedClient {
  return {
    name,
    session,
    timers: new Map(),
    backend: null,
    held: null,
    relaying: false,
    paused: false,
    gone: false,
    waiting: [],
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** How a client's relay ended, at once and with nothing left to send. */
export function relayEnd(client: ReplayedClient, side: RelayEnd['side'], error: string): RelayEnd {
  return {
    side,
    error,
    idleSeconds: 0,
    bytesIn: client.bytesIn,
    bytesOut: client.bytesOut,
    unsent: 0,
    clientBlocked: false,
    serverBlocked: false,
  };
}

/** The next timer of any client that is due by then. */
export function nextTimer(
  clients: Iterable<ReplayedClient>,
  limit: number,
): { client: ReplayedClient; name: TimerName; at: number } | null {
  let due: { client: ReplayedClient; name: TimerName; at: number } | null = null;
  for (const client of clients)
    for (const [name, at] of client.timers)
      if (
        at <= limit &&
        (due === null || at < due.at) &&
        !(limit === Number.POSITIVE_INFINITY && name === 'idle')
      )
        due = { client, name, at };
  return due;
}
