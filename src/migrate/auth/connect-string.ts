import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { Place } from '../../../grammar/source.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import { writtenKey } from '../value-text.js';
import { change, keyValue, literalSetting, newSetting, wordsOf } from './block-part.js';
import { asComment } from './ext-file.js';

/** The `connect` of an SQL file as settings and a section for each host. */
export function connectStatements(
  driver: ByteString,
  text: ByteString,
  place: Place,
): readonly NewStatement[] {
  switch (driver) {
    case 'mysql':
      return mysqlStatements(text, place);
    case 'pgsql':
      return pgsqlStatements(text, place);
    case 'sqlite': {
      const reason = 'The file of SQLite is a setting in 2.4.';
      return [literalSetting('sqlite_path', text, place, [change('DV769', 'exact', reason, place)])];
    }
    default: {
      const why = `2.4 has no settings for the SQL driver ${driver} that would follow from this`;
      return asComment(place, why, [change('DV769', 'decide', `${why}.`, place)]);
    }
  }
}

/** Settings of a MySQL host that have the value of the word. */
const MYSQL_WORDS: Readonly<Record<string, string>> = nameTable({
  port: 'mysql_port',
  user: 'mysql_user',
  password: 'mysql_password',
  dbname: 'mysql_dbname',
  option_file: 'mysql_option_file',
  option_group: 'mysql_option_group',
  client_flags: 'mysql_client_flags',
  ssl_ca: 'ssl_client_ca_file',
  ssl_ca_path: 'ssl_client_ca_dir',
  ssl_cert: 'ssl_client_cert_file',
  ssl_key: 'ssl_client_key_file',
  ssl_cipher: 'ssl_cipher_list',
});
const SECONDS: ReadonlySet<string> = new Set(['connect_timeout', 'read_timeout', 'write_timeout']);

/** Dovecot 2.3.19.1 driver-mysql.c */
function mysqlStatements(text: ByteString, place: Place): readonly NewStatement[] {
  const hosts: ByteString[] = [];
  const body = new Map<string, NewStatement>();
  let limit: ByteString | null = null;
  let tls = false;
  let verify = 'yes';
  for (const word of wordsOf(text)) {
    const [key, given] = keyValue(word);
    const value = given ?? '';
    if (key === 'host' || key === 'hostaddr') hosts.push(value);
    else if (key === 'maxconns') limit = value;
    else if (key === 'ssl_verify_server_cert') verify = value;
    else if (SECONDS.has(key)) body.set(key, newSetting(`mysql_${key}`, `${value} secs`));
    else {
      tls ||= (key === 'ssl_ca' || key === 'ssl_ca_path') && value !== '';
      const name = MYSQL_WORDS[key];
      if (name !== undefined) body.set(key, literalSetting(name, value, place));
    }
  }
  for (const key of [...body.keys()]) if (!tls && key.startsWith('ssl_')) body.delete(key);
  if (tls) {
    body.set('ssl', newSetting('mysql_ssl', 'yes'));
    body.set('verify', newSetting('ssl_client_require_valid_cert', verify));
  }
  if (hosts.length === 0) {
    const why = '2.4 wants a section for each host; the one of the option file is not known here';
    return asComment(place, why, [change('DV769', 'decide', `${why}.`, place)]);
  }
  return withHosts('mysql', hosts, limit, [...body.values()], change('DV769', 'exact', REASON, place));
}

const REASON =
  'Each host of the connect string is a section in 2.4. What holds for all of them stands outside: connections are told apart by that alone, and two databases on one host would share one.';

/** Settings of all hosts, then a section for each. Dovecot 2.4.1 driver-mysql.c: driver_mysql_db_cache_find (observed 2.4.1) */
function withHosts(
  driver: 'mysql' | 'pgsql',
  hosts: readonly ByteString[],
  limit: ByteString | null,
  common: readonly NewStatement[],
  told: ChangeDraft,
): readonly NewStatement[] {
  const [first, ...rest] = [
    ...(limit === null ? [] : [newSetting(`${driver}_connection_limit`, limit)]),
    ...common,
    ...[...new Set(hosts)].map((name): NewStatement => ({ kind: 'section', key: driver, name, body: [] })),
  ];
  if (first === undefined) return [];
  return [{ ...first, changes: [told, ...(first.changes ?? [])] }, ...rest];
}

/** Words of libpq, whose values may stand in quotes. Dovecot 2.3.19.1 driver-sqlpool.c, driver-pgsql.c */
function conninfoWords(text: ByteString): [ByteString, ByteString][] {
  return [...text.matchAll(/([^\s=]+)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s]*)/g)].map(([, key = '', value = '']) => [
    key,
    value.startsWith("'") ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value.replaceAll(/\\(.)/g, '$1'),
  ]);
}

function pgsqlStatements(text: ByteString, place: Place): readonly NewStatement[] {
  const hosts: ByteString[] = [];
  const parameters: NewStatement[] = [];
  let limit: ByteString | null = null;
  for (const [key, value] of conninfoWords(text)) {
    if (key === 'host') hosts.push(value);
    else if (key === 'maxconns') limit = value;
    else parameters.push(literalSetting(writtenKey(key), value, place));
  }
  const named = hosts.length > 0 ? hosts : ['/var/run/postgresql'];
  const told =
    hosts.length > 0
      ? change('DV769', 'exact', REASON, place)
      : change(
          'DV769',
          'equivalent',
          'No host is named: libpq takes its socket, which is that of Debian here.',
          place,
        );
  const common: NewStatement = { kind: 'section', key: 'pgsql_parameters', name: null, body: parameters };
  return withHosts('pgsql', named, limit, [common], told);
}
