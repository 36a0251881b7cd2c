import type { ByteString } from '../../../grammar/bytes.js';

/** One MySQL server; what is not given is left to the defaults of the client library. */
export interface MysqlHost {
  /** Host name, address, or the path of a socket (begins with `/`); '' = what the option file says. */
  readonly host: ByteString;
  /** 0 = default. */
  readonly port: number;
  readonly user: ByteString;
  readonly password: ByteString;
  readonly dbname: ByteString;
  readonly tls: MysqlTls | null;
  readonly clientFlags: number;
  readonly optionFile: ByteString;
  readonly optionGroup: ByteString;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly readTimeout: number;
  readonly writeTimeout: number;
}

export interface MysqlTls {
  readonly ca: ByteString;
  readonly caPath: ByteString;
  readonly certificate: ByteString;
  readonly key: ByteString;
  readonly cipher: ByteString;
  readonly verify: boolean;
}

export interface MysqlHosts {
  readonly hosts: readonly MysqlHost[];
  readonly connectionLimit: number;
}

/** A connect string that Dovecot refuses; the message is its own. */
export class ConnectStringError extends Error {}

// Dovecot 2.3.19.1 driver-mysql.c, sql-api-private.h
export const MYSQL_TIMEOUTS = { connectTimeout: 5_000, readTimeout: 30_000, writeTimeout: 30_000 } as const;
export const DEFAULT_CONNECTION_LIMIT = 5;

function number(text: ByteString, limit: number): number | null {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  return value <= limit ? value : null;
}

function flag(text: ByteString): boolean {
  if (text === 'yes') return true;
  if (text === 'no') return false;
  throw new ConnectStringError(`Invalid boolean: ${text}`);
}

/** Name and value of each word. Dovecot 2.3.19.1 driver-sqlpool.c */
function connectStringWords(text: ByteString): (readonly [ByteString, ByteString])[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const equals = word.indexOf('=');
      if (equals === -1) throw new ConnectStringError(`Missing value in connect string: ${word}`);
      return [word.slice(0, equals), word.slice(equals + 1)];
    });
}

/** 2.3 `connect = host=a host=b dbname=mail user=dovecot password=secret`. Dovecot 2.3.19.1 driver-mysql.c */
export function parseMysqlConnectString(text: ByteString): MysqlHosts {
  const hosts: ByteString[] = [];
  const words = new Map<ByteString, ByteString>();
  let connectionLimit = DEFAULT_CONNECTION_LIMIT;
  let port = 0;
  let clientFlags = 0;
  let verify = true;
  const timeouts = { ...MYSQL_TIMEOUTS } as Record<keyof typeof MYSQL_TIMEOUTS, number>;
  for (const [name, value] of connectStringWords(text)) {
    switch (name) {
      case 'maxconns': {
        const limit = number(value, 0xffff_ffff);
        if (limit === null) throw new ConnectStringError(`Invalid value for maxconns: ${value}`);
        connectionLimit = limit;
        break;
      }
      case 'host':
      case 'hostaddr':
        hosts.push(value);
        break;
      case 'port': {
        const parsed = number(value, 65_535);
        if (parsed === null || parsed === 0) throw new ConnectStringError(`Invalid port number: ${value}`);
        port = parsed;
        break;
      }
      case 'client_flags': {
        const parsed = number(value, 0xffff_ffff);
        if (parsed === null) throw new ConnectStringError(`Invalid client flags: ${value}`);
        clientFlags = parsed;
        break;
      }
      case 'connect_timeout':
      case 'read_timeout':
      case 'write_timeout': {
        const seconds = number(value, 0xffff_ffff);
        // All three are called read_timeout in the message.
        if (seconds === null) throw new ConnectStringError(`Invalid read_timeout: ${value}`);
        const key = `${name.slice(0, name.indexOf('_'))}Timeout` as keyof typeof MYSQL_TIMEOUTS;
        timeouts[key] = seconds * 1000;
        break;
      }
      case 'ssl_verify_server_cert':
        verify = flag(value);
        break;
      case 'user':
      case 'password':
      case 'dbname':
      case 'ssl_cert':
      case 'ssl_key':
      case 'ssl_ca':
      case 'ssl_ca_path':
      case 'ssl_cipher':
      case 'option_file':
      case 'option_group':
        words.set(name, value);
        break;
      default:
        throw new ConnectStringError(`Unknown connect string: ${name}`);
    }
  }
  const word = (name: string): ByteString => words.get(name) ?? '';
  if (hosts.length === 0 && word('option_file') === '')
    throw new ConnectStringError('No hosts given in connect string');
  const usesTls = word('ssl_ca') !== '' || word('ssl_ca_path') !== '';
  const common = {
    port,
    user: word('user'),
    password: word('password'),
    dbname: word('dbname'),
    tls: usesTls
      ? {
          ca: word('ssl_ca'),
          caPath: word('ssl_ca_path'),
          certificate: word('ssl_cert'),
          key: word('ssl_key'),
          cipher: words.get('ssl_cipher') ?? 'HIGH',
          verify,
        }
      : null,
    clientFlags,
    optionFile: word('option_file'),
    optionGroup: words.get('option_group') ?? 'client',
    ...timeouts,
  };
  const names = hosts.length === 0 ? [''] : hosts;
  return { hosts: names.map((host) => ({ host, ...common })), connectionLimit };
}

/** `dbname` of a connect string of any engine; '' where it has none. */
export function databaseName(text: ByteString): ByteString {
  return /(?:^| )dbname=([^ ]*)/.exec(text)?.[1] ?? '';
}
