import type { ByteString } from '../../../grammar/bytes.js';
import { parseUint } from '../interval.js';

type ParsedCapability =
  | { readonly kind: 'capability'; readonly name: ByteString; readonly parameters: readonly ByteString[] }
  | { readonly kind: 'invalid'; readonly mistake: ByteString };

/** A line of the answer to LHLO, in capitals. Dovecot lib-smtp/smtp-syntax.c smtp_ehlo_line_parse */
export function parseCapability(line: ByteString): ParsedCapability {
  const mistake = mistakeOf(line);
  if (mistake !== null)
    return { kind: 'invalid', mistake: `Received invalid EHLO response line: ${mistake}` };
  const [name = '', ...parameters] = line.toUpperCase().split(' ');
  const [size] = parameters;
  // Dovecot lib-smtp/smtp-client-connection.c smtp_client_connection_handshake_cb
  if (name === 'SIZE' && size !== undefined && parseUint(size) === null)
    return { kind: 'invalid', mistake: 'Received invalid SIZE capability in EHLO response line' };
  return { kind: 'capability', name, parameters };
}

function mistakeOf(line: ByteString): ByteString | null {
  if (line === '') return 'Parameter is empty';
  const name = /^[A-Za-z0-9][A-Za-z0-9-]*/.exec(line)?.[0] ?? '';
  const rest = line.slice(name.length);
  if (name === '' || (rest !== '' && !rest.startsWith(' '))) return 'Unexpected character in EHLO keyword';
  const place = rest.slice(1).search(/ (?= |$)|[^ !-~]/);
  if (place === -1) return null;
  return rest.charAt(place + 1) === ' '
    ? "Missing EHLO parameter after ' '"
    : 'Unexpected character in EHLO parameter';
}
