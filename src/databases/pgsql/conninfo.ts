import type { ByteString } from '../../../grammar/bytes.js';
import { ConnectStringError } from '../sql/connect-string.js';

/** Parameters of one PostgreSQL connection by libpq's names; what is not given is left to libpq's defaults. */
export type PgsqlParameters = ReadonlyMap<ByteString, ByteString>;

/** One server as the configuration names it: 2.3 by a connection string, which libpq reads, 2.4 by parameters. */
export type PgsqlHost =
  | { readonly conninfo: ByteString }
  | { readonly parameters: readonly (readonly [ByteString, ByteString])[] };

/** The servers of one sql block, and how many connections each may have. */
export interface PgsqlHosts {
  readonly hosts: readonly PgsqlHost[];
  readonly connectionLimit: number;
}

// Dovecot 2.3.19.1 sql-api-private.h
const DEFAULT_CONNECTION_LIMIT = 5;

/** What libpq 15 accepts in a connection string (PostgreSQL 15 manual, 34.1.2). */
const KNOWN = new Set(
  (
    'authtype service user password passfile channel_binding connect_timeout dbname host hostaddr port ' +
    'client_encoding tty options application_name fallback_application_name keepalives keepalives_idle ' +
    'keepalives_interval keepalives_count tcp_user_timeout sslmode sslcompression sslcert sslkey sslpassword ' +
    'sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version ssl_max_protocol_version gssencmode ' +
    'krbsrvname gsslib gssdelegation replication target_session_attrs require_auth sslcertmode load_balance_hosts'
  ).split(' '),
);

/** Words that Dovecot's pool takes for itself. Dovecot 2.3.19.1 driver-sqlpool.c: driver_sqlpool_parse_hosts */
export function parsePgsqlConnectString(text: ByteString): PgsqlHosts {
  const hosts: ByteString[] = [];
  const others: ByteString[] = [];
  let connectionLimit = 0;
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const equals = word.indexOf('=');
    const value = equals === -1 ? '' : word.slice(equals + 1);
    switch (equals === -1 ? word : word.slice(0, equals)) {
      case 'maxconns':
        if (!/^[0-9]+$/.test(value) || Number(value) > 0xffff_ffff)
          throw new ConnectStringError(`Invalid value for maxconns: ${value}`);
        connectionLimit = Number(value);
        break;
      case 'host':
        hosts.push(value);
        break;
      default:
        others.push(word);
    }
  }
  const rest = others.join(' ');
  const texts = hosts.length === 0 ? [rest] : hosts.map((host) => `host=${host} ${rest}`);
  return {
    hosts: texts.map((conninfo) => ({ conninfo })),
    connectionLimit: connectionLimit || DEFAULT_CONNECTION_LIMIT,
  };
}

/** What libpq refuses before it connects; the message is its own. */
export class ConninfoError extends Error {}

/** Parameters as libpq sees them. Throws ConninfoError. */
export function readParameters(host: PgsqlHost): PgsqlParameters {
  const given = 'conninfo' in host ? parseConninfo(host.conninfo) : new Map(host.parameters);
  for (const name of given.keys())
    if (!KNOWN.has(name)) throw new ConninfoError(`invalid connection option "${name}"`);
  // An empty value is no value. PostgreSQL 15 fe-connect.c
  return new Map([...given].filter(([, value]) => value !== ''));
}

/** `key = value key='va\'lue'`. PostgreSQL 15 fe-connect.c: conninfo_parse */
function parseConninfo(text: ByteString): Map<ByteString, ByteString> {
  const values = new Map<ByteString, ByteString>();
  let at = 0;
  const skipBlanks = () => {
    while (/[ \t\n\v\f\r]/.test(text.charAt(at))) at += 1;
  };
  for (skipBlanks(); at < text.length; skipBlanks()) {
    const start = at;
    while (at < text.length && !/[= \t\n\v\f\r]/.test(text.charAt(at))) at += 1;
    const name = text.slice(start, at);
    skipBlanks();
    if (text.charAt(at) !== '=')
      throw new ConninfoError(`missing "=" after "${name}" in connection info string`);
    at += 1;
    skipBlanks();
    let value = '';
    const quoted = text.charAt(at) === "'";
    if (quoted) at += 1;
    for (;;) {
      if (at >= text.length) {
        if (quoted) throw new ConninfoError('unterminated quoted string in connection info string');
        break;
      }
      let char = text.charAt(at);
      if (quoted ? char === "'" : /[ \t\n\v\f\r]/.test(char)) break;
      if (char === '\\') {
        at += 1;
        char = text.charAt(at);
      }
      value += char;
      at += 1;
    }
    if (quoted) at += 1;
    values.set(name, value);
  }
  return values;
}

/** One address that is tried: libpq takes lists of hosts, addresses and ports. */
export interface PgsqlAddress {
  /** Name for messages; a path beginning with `/` is the folder of a socket. */
  readonly host: ByteString;
  /** Address to dial instead of asking DNS, or ''. */
  readonly hostaddr: ByteString;
  readonly port: ByteString;
}

/** Debian's libpq looks for the server of this machine there. */
const DEFAULT_SOCKET_FOLDER = '/var/run/postgresql';
const DEFAULT_PORT = '5432';

/** The addresses of one connection, in the order in which libpq tries them. Throws ConninfoError. */
export function addressesOf(parameters: PgsqlParameters): PgsqlAddress[] {
  const list = (name: string): ByteString[] => (parameters.get(name) ?? '').split(',');
  const hosts = list('host');
  const hostaddrs = list('hostaddr');
  const ports = list('port');
  const count = parameters.has('hostaddr') ? hostaddrs.length : hosts.length;
  if (parameters.has('hostaddr') && parameters.has('host') && hosts.length !== count)
    throw new ConninfoError(`could not match ${hosts.length} host names to ${count} hostaddr values`);
  if (ports.length !== 1 && ports.length !== count)
    throw new ConninfoError(`could not match ${ports.length} port numbers to ${count} hosts`);
  return Array.from({ length: count }, (_, index) => {
    const hostaddr = parameters.has('hostaddr') ? (hostaddrs[index] ?? '') : '';
    const host =
      (parameters.has('host') ? hosts[index] : '') || (hostaddr === '' ? DEFAULT_SOCKET_FOLDER : '');
    return { host, hostaddr, port: portOf((ports.length === 1 ? ports[0] : ports[index]) ?? '') };
  });
}

function portOf(text: ByteString): ByteString {
  if (text === '') return DEFAULT_PORT;
  if (!/^\s*[+-]?[0-9]+\s*$/.test(text))
    throw new ConninfoError(`invalid integer value "${text}" for connection option "port"`);
  const port = Number(text);
  if (port < 1 || port > 65_535) throw new ConninfoError(`invalid port number: "${text}"`);
  return String(port);
}
