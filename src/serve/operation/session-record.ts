import type { ByteString } from '../../../grammar/bytes.js';
import type { ServedProtocol } from '../../proxy/login-protocols.js';

/** What is known of a session; its driver keeps it true. */
export interface SessionRecord {
  readonly protocol: ServedProtocol;
  readonly clientIp: string;
  readonly clientPort: number;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** '' before the login. */
  user: ByteString;
  /** The backend that it talks to last. */
  backend: { readonly ip: string; readonly port: number } | null;
  /** The login is done: bytes go straight through. */
  isProxied: boolean;
}

/** `10.0.0.1:143`, `[2001:db8::1]:143`. */
export function backendName(ip: string, port: number): string {
  return `${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}

/** A session as `dvproxy who` tells it. */
export interface SessionInfo {
  readonly protocol: ServedProtocol;
  readonly user: string;
  readonly client_ip: string;
  readonly client_port: number;
  readonly backend: string | null;
  readonly state: 'login' | 'proxied';
  /** ISO 8601. */
  readonly since: string;
  readonly idle_ms: number | null;
  readonly pid: number;
}
