import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { HostLookup } from './host.js';
import { type ParsedNetwork, parseAddress, parseNetwork } from './network.js';

/**
 * The network of `local NET`, `remote NET` and of `-f local=NET`: a host name is asked of DNS, whose first address
 * counts. Dovecot 2.3.19.1 and 2.4.1 config-parser.c config_parse_net()
 */
export function networkOf(text: ByteString, lookUp: HostLookup | undefined): ParsedNetwork {
  const [host = ''] = text.split('/', 1);
  if (parseAddress(host) !== null) return parseNetwork(text);
  // getaddrinfo(3) knows no empty name.
  if (host === '') return unknownHost(host, 'Name or service not known');
  const found = lookUp?.(toUtf8(host));
  if (found === undefined) return parseNetwork(text);
  return found.kind === 'found'
    ? parseNetwork(`${found.address.split('%', 1)[0]}${text.slice(host.length)}`)
    : unknownHost(host, fromUtf8(found.reason));
}

function unknownHost(host: ByteString, reason: ByteString): ParsedNetwork {
  return { ok: false, error: `gethostbyname(${host}) failed: ${reason}` };
}

/** Asks for each name once. */
export function onceEach(lookUp: HostLookup): HostLookup {
  const known = new Map<string, ReturnType<HostLookup>>();
  return (name) => {
    const answer = known.get(name) ?? lookUp(name);
    known.set(name, answer);
    return answer;
  };
}
