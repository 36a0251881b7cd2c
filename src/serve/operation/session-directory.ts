import { toUtf8 } from '../../../grammar/bytes.js';
import type { ServedProtocol } from '../../proxy/login-protocols.js';
import type { Session } from '../session-parts.js';
import { Counters } from './counters.js';
import type { KickQuestion, ProcessStatus } from './operator.js';
import { backendName, type SessionInfo } from './session-record.js';

/** The sessions of this process. */
export class SessionDirectory {
  readonly counters = new Counters();
  readonly #sessions = new Set<Session>();

  get size(): number {
    return this.#sessions.size;
  }

  get all(): readonly Session[] {
    return [...this.#sessions];
  }

  add(session: Session): void {
    this.#sessions.add(session);
  }

  /** The oldest session of a protocol before its login gives way to a new one; false: there is none. */
  makeRoom(protocol: ServedProtocol): boolean {
    for (const session of this.#sessions)
      if ((session.record?.protocol ?? protocol) === protocol && session.giveWay()) return true;
    return false;
  }

  remove(session: Session): void {
    this.#sessions.delete(session);
  }

  get status(): ProcessStatus {
    return { counts: this.counters.counts, sessions: this.all.flatMap(infoOf) };
  }

  /** Ends the sessions of a user after their login. Dovecot: `doveadm proxy kick` */
  kick({ user, host }: KickQuestion): number {
    let count = 0;
    for (const session of this.all) {
      const { record } = session;
      if (record === null || !record.isProxied) continue;
      if (user !== null && toUtf8(record.user) !== user) continue;
      if (host !== null && record.backend?.ip !== host) continue;
      session.kick();
      count++;
    }
    return count;
  }
}

function infoOf({ record, idleMs }: Session): SessionInfo[] {
  if (record === null) return [];
  return [
    {
      protocol: record.protocol,
      user: toUtf8(record.user),
      client_ip: record.clientIp,
      client_port: record.clientPort,
      backend: record.backend && backendName(record.backend.ip, record.backend.port),
      state: record.isProxied ? 'proxied' : 'login',
      since: new Date(record.since).toISOString(),
      idle_ms: idleMs,
      pid: process.pid,
    },
  ];
}
