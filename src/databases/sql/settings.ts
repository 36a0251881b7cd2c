import type { ByteString } from '../../../grammar/bytes.js';
import type { Config } from '../../config/config.js';
import type { DatabaseBlock, NamedSection } from '../../config/effective.js';
import { seriesOf } from '../../knowledge/versions.js';
import { type PgsqlHosts, parsePgsqlConnectString } from '../pgsql/conninfo.js';
import {
  ConnectStringError,
  DEFAULT_CONNECTION_LIMIT,
  databaseName,
  MYSQL_TIMEOUTS,
  type MysqlHost,
  type MysqlHosts,
  parseMysqlConnectString,
} from './connect-string.js';
import type { SqlEngine } from './database.js';

/** How to reach the database of one sql block. */
export type SqlTarget =
  | { readonly engine: 'mysql'; readonly hosts: MysqlHosts }
  | { readonly engine: 'sqlite'; readonly path: ByteString }
  | { readonly engine: 'pgsql'; readonly hosts: PgsqlHosts };

/** An sql block of either version, ready to be opened. Queries still hold variables. */
export interface SqlSettings {
  readonly target: SqlTarget;
  /** Name of the database that the block connects to; '' where the engine has none. */
  readonly databaseName: ByteString;
  readonly passwordQuery: ByteString;
  /** The built-in query of 2.3 is used, which the failure text mentions. */
  readonly passwordQueryIsDefault: boolean;
  readonly userQuery: ByteString;
  readonly userQueryIsDefault: boolean;
  readonly iterateQuery: ByteString;
  readonly defaultScheme: ByteString;
}

/** Something that stops the auth process at its start; the message is the text behind `auth: Fatal: `. */
class AuthStartError extends Error {}

// Dovecot 2.3.19.1 db-sql.c
const DEFAULT_PASSWORD_QUERY =
  "SELECT username, domain, password FROM users WHERE username = '%n' AND domain = '%d'";
const DEFAULT_USER_QUERY = "SELECT home, uid, gid FROM users WHERE username = '%n' AND domain = '%d'";
const DEFAULT_ITERATE_QUERY = 'SELECT username, domain FROM users';

function engineOf(driver: ByteString): SqlEngine {
  switch (driver) {
    case 'mysql':
    case 'sqlite':
    case 'pgsql':
      return driver;
    default:
      throw new AuthStartError(`Unknown database driver '${driver}'`);
  }
}

function settings23(block: DatabaseBlock, config: Config): SqlSettings {
  const path = block.args.text;
  if (path === '') throw new AuthStartError('sql: Configuration file path not given');
  const file = config.extFile(path, 'sql');
  const fatal = file.problems.find(({ severity, dovecot }) => severity === 'error' && dovecot !== null);
  if (fatal?.dovecot) {
    // db-sql.c: what the parser of the file says is prefixed, its own two checks are not.
    const text = fatal.dovecot.message;
    throw new AuthStartError(text.startsWith('sql') ? text : `sql ${path}: ${text}`);
  }
  const driver = file.get('driver');
  const connect = file.get('connect');
  if (driver === '') throw new AuthStartError(`sql: driver not set in configuration file ${path}`);
  if (connect === '') throw new AuthStartError(`sql: connect string not set in configuration file ${path}`);
  const query = (key: string, fallback: ByteString): { text: ByteString; isDefault: boolean } => {
    const written = file.values.get(key);
    return written === undefined || written.origin === null
      ? { text: fallback, isDefault: true }
      : { text: written.text, isDefault: false };
  };
  const password = query('password_query', DEFAULT_PASSWORD_QUERY);
  const user = query('user_query', DEFAULT_USER_QUERY);
  let target: SqlTarget;
  try {
    const engine = engineOf(driver);
    if (engine === 'mysql') target = { engine, hosts: parseMysqlConnectString(connect) };
    else if (engine === 'sqlite') target = { engine, path: connect };
    else target = { engine, hosts: parsePgsqlConnectString(connect) };
  } catch (error) {
    if (error instanceof ConnectStringError || error instanceof AuthStartError)
      throw new AuthStartError(`sql: ${error.message}`);
    throw error;
  }
  return {
    target,
    databaseName: target.engine === 'sqlite' ? '' : databaseName(connect),
    passwordQuery: password.text,
    passwordQueryIsDefault: password.isDefault,
    userQuery: user.text,
    userQueryIsDefault: user.isDefault,
    iterateQuery: query('iterate_query', DEFAULT_ITERATE_QUERY).text,
    defaultScheme: file.get('default_pass_scheme') || 'MD5',
  };
}

/** Text of a setting as a section sees it, else as the block does. */
type Ask = (name: string) => ByteString;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `5s`, `30 secs`, `500ms` in milliseconds. */
function milliseconds(text: ByteString, fallback: number): number {
  const [, digits, unit] = /^([0-9]+)\s*([a-z]*)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return fallback;
  if (unit.startsWith('ms') || unit.startsWith('mil')) return Number(digits);
  return Number(digits) * 1000 * (SECONDS[unit.charAt(0) || 's'] ?? 1);
}

function mysqlHost24(host: ByteString, ask: Ask): MysqlHost {
  const yes = (name: string): boolean => ask(name) === 'yes';
  // Dovecot 2.4.1 driver-mysql.c: the ssl_client_* settings of the block apply when mysql_ssl is on.
  const tls = yes('mysql_ssl')
    ? {
        ca: ask('ssl_client_ca_file'),
        caPath: ask('ssl_client_ca_dir'),
        certificate: ask('ssl_client_cert_file'),
        key: ask('ssl_client_key_file'),
        cipher: ask('ssl_cipher_list'),
        verify: ask('ssl_client_require_valid_cert') !== 'no',
      }
    : null;
  return {
    host,
    port: Number(ask('mysql_port')) || 0,
    user: ask('mysql_user'),
    password: ask('mysql_password'),
    dbname: ask('mysql_dbname'),
    tls,
    clientFlags: Number(ask('mysql_client_flags')) || 0,
    optionFile: ask('mysql_option_file'),
    optionGroup: ask('mysql_option_group') || 'client',
    connectTimeout: milliseconds(ask('mysql_connect_timeout'), MYSQL_TIMEOUTS.connectTimeout),
    readTimeout: milliseconds(ask('mysql_read_timeout'), MYSQL_TIMEOUTS.readTimeout),
    writeTimeout: milliseconds(ask('mysql_write_timeout'), MYSQL_TIMEOUTS.writeTimeout),
  };
}

function target24(engine: SqlEngine, block: DatabaseBlock, config: Config): [SqlTarget, ByteString] {
  const ask =
    (section: NamedSection | null): Ask =>
    (name) =>
      (section?.setting(name) ?? block.setting(name) ?? config.effective.setting(name))?.text ?? '';
  const plain = ask(null);
  switch (engine) {
    case 'sqlite':
      return [{ engine, path: plain('sqlite_path') }, ''];
    case 'mysql': {
      const sections = block.namedSections('mysql');
      const hosts =
        sections.length === 0
          ? [mysqlHost24(plain('mysql_host'), plain)]
          : sections.map((section) =>
              mysqlHost24(section.setting('mysql_host')?.text || section.name, ask(section)),
            );
      const connectionLimit = Number(plain('mysql_connection_limit')) || DEFAULT_CONNECTION_LIMIT;
      return [{ engine, hosts: { hosts, connectionLimit } }, hosts[0]?.dbname ?? ''];
    }
    case 'pgsql': {
      const sections = block.namedSections('pgsql');
      // Dovecot 2.4.1 driver-pgsql.c
      if (sections.length === 0) throw new AuthStartError('pgsql { .. } named list filter is missing');
      const hosts = sections.map((section) => ({
        parameters: [
          ['host', section.setting('pgsql_host')?.text || section.name] as const,
          ...section.stringList('pgsql_parameters'),
        ],
      }));
      const name = hosts[0]?.parameters.find(([key]) => key === 'dbname')?.[1] ?? '';
      const connectionLimit = Number(plain('pgsql_connection_limit')) || DEFAULT_CONNECTION_LIMIT;
      return [{ engine, hosts: { hosts, connectionLimit } }, name];
    }
  }
}

function settings24(block: DatabaseBlock, config: Config): SqlSettings {
  const text = (name: string): ByteString => block.setting(name)?.text ?? '';
  const driver = text('sql_driver');
  const subject = block.name === '' ? block.driver : block.name;
  // Dovecot 2.4.1 sql-api.c
  if (driver === '') throw new AuthStartError(`passdb ${subject}: sql_driver setting is empty`);
  let engine: SqlEngine;
  try {
    engine = engineOf(driver);
  } catch (error) {
    throw error instanceof AuthStartError ? new AuthStartError(`passdb ${subject}: ${error.message}`) : error;
  }
  const [target, name] = target24(engine, block, config);
  return {
    target,
    databaseName: name,
    passwordQuery: text('passdb_sql_query'),
    passwordQueryIsDefault: false,
    userQuery: text('userdb_sql_query'),
    userQueryIsDefault: false,
    iterateQuery: text('userdb_sql_iterate_query'),
    defaultScheme: 'PLAIN',
  };
}

/** What an sql passdb or userdb block says, in either version. Throws AuthStartError. */
export function sqlSettings(block: DatabaseBlock, config: Config): SqlSettings {
  return seriesOf(config.version) === '2.3' ? settings23(block, config) : settings24(block, config);
}
