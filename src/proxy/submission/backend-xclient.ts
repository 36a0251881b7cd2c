import type { ByteString } from '../../../grammar/bytes.js';
import type { Destination } from '../destination.js';
import { encodeForward } from '../forward-fields.js';
import { parseIp } from '../ip-address.js';
import type { LoginClient } from '../login-client.js';
import { clientTransport } from '../xclient.js';
import { encodeXtext } from './smtp-text.js';

/** Longest command line. RFC 5321 4.5.3.1.4 */
export const MAX_LINE = 512;

/** What the client said in its greeting, or its front end of it. */
export interface GreetingFacts {
  readonly helo: ByteString | null;
  readonly protocol: 'SMTP' | 'ESMTP' | 'LMTP';
  readonly login: ByteString | null;
}

/**
 * The XCLIENT commands for a backend that lists `known` parameters: as many as the length of a line demands.
 * Dovecot submission-login/submission-proxy.c proxy_send_xclient
 */
export function xclientCommands(
  client: LoginClient,
  { noAuth, forward }: Destination,
  known: readonly ByteString[],
  greeting: GreetingFacts,
): ByteString[] {
  const ip = parseIp(client.remoteIp);
  const address = ip?.family === 6 && client.series === '2.4' ? `IPV6:${client.remoteIp}` : client.remoteIp;
  const values: (readonly [ByteString, ByteString | null])[] = [
    ['HELO', greeting.helo ?? '[UNAVAILABLE]'],
    ['PROTO', greeting.protocol],
    ['LOGIN', noAuth ? (greeting.login ?? client.user ?? '[UNAVAILABLE]') : null],
    ['TTL', String(client.ttl - 1)],
    ['PORT', String(client.remotePort)],
    ['ADDR', address],
    ['SESSION', client.session()],
  ];
  if (client.series === '2.4') {
    values.push(['CLIENT-TRANSPORT', clientTransport(client)]);
    values.push(['DESTNAME', client.localName === '' ? null : client.localName]);
  }
  values.push(['FORWARD', forward.length === 0 ? null : encodeForward(forward)]);
  const commands: ByteString[] = [];
  let command = 'XCLIENT';
  for (const [name, value] of values) {
    if (value === null || !known.includes(name)) continue;
    const parameter = ` ${name}=${encodeXtext(value)}`;
    if (command.length + parameter.length <= MAX_LINE) {
      command += parameter;
    } else if (command === 'XCLIENT') {
      commands.push(command + parameter);
    } else {
      commands.push(command);
      command = `XCLIENT${parameter}`;
    }
  }
  // The last one is sent even when nothing is left for it.
  commands.push(command);
  return commands;
}
