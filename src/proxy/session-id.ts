import type { ByteString } from '../../grammar/bytes.js';
import { parseIp } from './ip-address.js';

/**
 * Session id of a connection: base64 of six bytes of the time in microseconds, two of the client's port (both little
 * endian) and the client's address. Dovecot client-common.c client_get_session_id
 */
export function createSessionId(nowMicroseconds: number, remoteIp: string, remotePort: number): ByteString {
  const address = parseIp(remoteIp);
  const addressBytes = address?.family === 6 ? 16 : 4;
  const bytes = Buffer.allocUnsafe(8 + addressBytes);
  bytes.writeUIntLE(nowMicroseconds % 2 ** 48, 0, 6);
  bytes.writeUInt16LE(remotePort & 0xffff, 6);
  if (address?.family === 4) {
    bytes.writeUInt32BE(Number(address.bits), 8);
    return bytes.toString('base64');
  }
  let bits = address?.bits ?? 0n;
  for (let i = addressBytes - 1; i >= 0; i--) {
    bytes[8 + i] = Number(bits & 0xffn);
    bits >>= 8n;
  }
  return bytes.toString('base64');
}
