import type { ByteString } from '../../../grammar/bytes.js';
import { encodeXtext } from '../submission/smtp-text.js';

/** Longest command line. RFC 5321 4.5.3.1.4 */
const MAX_LINE = 512;

/** What a backend is told of the client. null or 0: left out. */
export interface LmtpFrontFacts {
  readonly helo: ByteString | null;
  readonly protocol: 'SMTP' | 'ESMTP' | 'LMTP';
  readonly login: ByteString | null;
  readonly session: ByteString;
  /** 2.4 only. */
  readonly transport: 'TLS' | 'insecure' | null;
  /** 2.4 only: TLS server name of the client. */
  readonly destinationName: ByteString | null;
  readonly ttl: number;
  readonly port: number;
  readonly address: string;
}

/**
 * The XCLIENT commands for a backend that lists `known` parameters; none where it knows nothing of it.
 * Dovecot lib-smtp/smtp-client-connection.c smtp_client_connection_send_xclient
 */
export function xclientCommands(
  facts: LmtpFrontFacts,
  known: readonly ByteString[],
  smtp: boolean,
): ByteString[] {
  // LMTP leaves the prefix of IPv6 addresses out, as older Dovecots want it.
  const address = smtp && facts.address.includes(':') ? `IPV6:${facts.address}` : facts.address;
  const values: readonly (readonly [ByteString, ByteString | null])[] = [
    ['HELO', facts.helo],
    ['PROTO', facts.protocol],
    ['LOGIN', facts.login],
    ['SESSION', facts.session],
    ['CLIENT-TRANSPORT', facts.transport],
    ['DESTNAME', facts.destinationName],
    ['TTL', String(facts.ttl)],
    ['PORT', facts.port === 0 ? null : String(facts.port)],
    ['ADDR', address === '' ? null : address],
  ];
  const commands: ByteString[] = [];
  let command = 'XCLIENT';
  for (const [name, value] of values) {
    if (value === null || !known.includes(name)) continue;
    const parameter = ` ${name}=${encodeXtext(value)}`;
    if (command !== 'XCLIENT' && command.length + parameter.length > MAX_LINE) {
      commands.push(command);
      command = 'XCLIENT';
    }
    command += parameter;
  }
  if (command !== 'XCLIENT') commands.push(command);
  return commands;
}
