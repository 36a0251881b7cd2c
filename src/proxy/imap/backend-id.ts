import type { ByteString } from '../../../grammar/bytes.js';
import type { LoginClient } from '../login-client.js';
import { imapString } from './quoting.js';

/**
 * The ID command that tells a trusting backend who the client is. 2.4's `x-multiplex` is left out on purpose: backends
 * then never frame their output (the same as proxy_no_multiplex). Dovecot imap-proxy.c proxy_write_id
 */
export function idCommand(
  client: LoginClient,
  forward: readonly (readonly [ByteString, ByteString | null])[],
): ByteString {
  const pairs = [
    `"x-session-id" "${client.session()}"`,
    `"x-originating-ip" "${client.remoteIp}"`,
    `"x-originating-port" "${client.remotePort}"`,
    `"x-connected-ip" "${client.localIp}"`,
    `"x-connected-port" "${client.localPort}"`,
    `"x-proxy-ttl" "${client.ttl - 1}"`,
  ];
  if (client.clientId !== '') pairs.unshift(client.clientId);
  if (client.series === '2.4') {
    const secured = client.endClientTls ?? client.tls === 'active';
    pairs.push(`"x-client-transport" "${secured ? 'TLS' : 'insecure'}"`);
    if (client.localName !== '') pairs.push(`"x-connected-name" ${imapString(client.localName)}`);
  }
  for (const [name, value] of forward) {
    // A field without a value: NIL in 2.3, an empty string in 2.4. observed
    const shown = value ?? (client.series === '2.3' ? null : '');
    pairs.push(`${imapString(`x-forward-${name}`)} ${shown === null ? 'NIL' : imapString(shown)}`);
  }
  return `I ID (${pairs.join(' ')})\r\n`;
}
