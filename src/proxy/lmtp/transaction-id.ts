import { createHash } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';

let lastNanoseconds = 0n;

/**
 * Session id of an LMTP connection: base64 of the time (nanoseconds, seconds), the process and the host.
 * Dovecot lib/guid.c guid_128_generate, lib-smtp/smtp-server-connection.c smtp_server_connection_init_session
 */
export function createLmtpSessionId(nowMs: number, pid: number, hostname: ByteString): ByteString {
  let now = BigInt(Math.round(nowMs * 1000)) * 1000n;
  // Never the same twice.
  if (now <= lastNanoseconds) now = lastNanoseconds + 1n;
  lastNanoseconds = now;
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(Number(now % 1_000_000_000n), 0);
  bytes.writeUInt32LE(Number((now / 1_000_000_000n) & 0xffffffffn), 4);
  bytes.writeUInt32LE(pid >>> 0, 8);
  createHash('sha1').update(hostname, 'latin1').digest().copy(bytes, 12, 16);
  return bytes.toString('base64').replace(/=+$/, '');
}
