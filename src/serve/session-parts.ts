import { Socket } from 'node:net';
import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthRequest } from '../auth/request.js';
import type { HaproxyInfo } from '../proxy/haproxy-header.js';
import { plainIp } from '../proxy/ip-address.js';
import type { ClientAddresses } from '../proxy/login-client.js';
import type { ServedProtocol } from '../proxy/login-protocols.js';
import type { Accepted } from './client-socket.js';
import type { HandleAddress } from './node-handles.js';
import type { SessionRecord } from './operation/session-record.js';

/** A session as the server keeps it. */
export interface Session {
  /** Milliseconds without traffic; null before its login is done. */
  readonly idleMs: number | null;
  /** What `dvproxy who` tells of it; null: it has not begun. */
  readonly record: SessionRecord | null;
  /** There is no room for more: ends where its login is not done; false: it stays. */
  giveWay(): boolean;
  /** An administrator ends it. */
  kick(): void;
  /** The proxy stops. */
  shutDown(): void;
  destroy(): void;
}

function placesOf(accepted: Accepted): { readonly local: HandleAddress; readonly remote: HandleAddress } {
  const local: HandleAddress = {};
  const remote: HandleAddress = {};
  if (accepted instanceof Socket) {
    const { localAddress, localPort, remoteAddress, remotePort } = accepted;
    return {
      local: { address: localAddress ?? '', port: localPort ?? 0 },
      remote: { address: remoteAddress ?? '', port: remotePort ?? 0 },
    };
  }
  accepted.getsockname(local);
  accepted.getpeername(remote);
  return { local, remote };
}

export function addressesOf(accepted: Accepted, haproxy?: HaproxyInfo): ClientAddresses {
  const { local, remote } = placesOf(accepted);
  const localIp = plainIp(local.address ?? '');
  const remoteIp = plainIp(remote.address ?? '');
  const localPort = local.port ?? 0;
  const remotePort = remote.port ?? 0;
  return {
    localIp,
    localPort,
    remoteIp,
    remotePort,
    realLocalIp: localIp,
    realLocalPort: localPort,
    realRemoteIp: remoteIp,
    realRemotePort: remotePort,
    ...(haproxy?.addresses ?? {}),
    ...(haproxy === undefined ? {} : { haproxy }),
  };
}

/** The record of a session that begins now. */
export function newRecord(
  protocol: ServedProtocol,
  { remoteIp, remotePort }: ClientAddresses,
): SessionRecord {
  return {
    protocol,
    clientIp: remoteIp,
    clientPort: remotePort,
    since: Date.now(),
    user: '',
    backend: null,
    isProxied: false,
  };
}

export function errorText(error: unknown): ByteString {
  return fromUtf8(error instanceof Error ? error.message : String(error));
}

/** The answer where none could be found. */
export function temporaryFailure({ user }: AuthRequest): AuthAnswer {
  return {
    result: 'tempfail',
    passdbResult: 'internal_failure',
    code: 'temp_fail',
    reason: null,
    originalUser: user,
    user,
    masterUser: '',
    fields: [],
    hiddenFields: [],
    userdbFields: [],
    steps: [],
    log: [],
    passwordAssumed: false,
    nodelay: false,
    delayUntil: null,
    emptyField: false,
    crash: null,
    unreachable: [],
  };
}
