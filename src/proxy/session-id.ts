import type { ByteString } from '../../grammar/bytes.js';
import { parseIp } from './ip-address.js';

/**
 * Session id of a connection: base64 of six bytes of the time in microseconds, two of the client's port (both little
 * endian) and the client's address. Dovecot client-common.c client_get_session_id
 */
export function createSessionId(nowMicroseconds: bigint, remoteIp: string, remotePort: number): ByteString {
  const address = parseIp(remoteIp);
  const addressBytes = address?.family === 6 ? 16 : 4;
  const bytes = Buffer.alloc(8 + addressBytes);
  for (let i = 0; i < 6; i++) bytes[i] = Number((nowMicroseconds >> BigInt(8 * i)) & 0xffn);
  bytes.writeUInt16LE(remotePort & 0xffff, 6);
  let bits = address?.bits ?? 0n;
  for (let i = addressBytes - 1; i >= 0; i--) {
    bytes[8 + i] = Number(bits & 0xffn);
    bits >>= 8n;
  }
  return bytes.toString('base64');
}
