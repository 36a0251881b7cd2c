import type { ByteString } from '../../grammar/bytes.js';
import type { RelayEnd } from './session-event.js';

/** The message about the end of a relay; the counts hold the bytes of the login too. Dovecot login-proxy.c login_proxy_free_errstr */
export function relayEndText(end: RelayEnd, sentBefore: number, receivedBefore: number): ByteString {
  if (end.side === 'proxy') return `Disconnected by proxy: ${end.error}`;
  const error = end.error === '' ? '' : `: ${end.error}`;
  const unsent = end.unsent === 0 ? '' : `+${end.unsent}`;
  const blocked =
    (end.clientBlocked ? ', client output blocked' : '') +
    (end.serverBlocked ? ', server output blocked' : '');
  const counts = `in=${sentBefore + end.bytesIn}, out=${receivedBefore + end.bytesOut}${unsent}${blocked}`;
  return `Disconnected by ${end.side}${error} (${end.idleSeconds}s idle, ${counts})`;
}
