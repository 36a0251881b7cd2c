import { existsSync, readFileSync } from 'node:fs';
import { toUtf8 } from '../../../grammar/bytes.js';
import type { MysqlHost } from './connect-string.js';

/** Where MySQL's and MariaDB's client libraries look for the server on the same machine. */
const LOCAL_SOCKETS = ['/run/mysqld/mysqld.sock', '/var/run/mysqld/mysqld.sock', '/tmp/mysql.sock'];

/** Keys and values of the groups that a client library reads: `option_group`, of several files none is followed. */
function optionsOf(path: string, group: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    // The library goes on without a file that it cannot read.
    return values;
  }
  let inGroup = false;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const section = /^\[([^\]]*)\]/.exec(line);
    if (section !== null) {
      inGroup = section[1] === group;
      continue;
    }
    if (!inGroup) continue;
    const [, key, value] = /^([^=\s]+)\s*(?:=\s*(.*))?$/.exec(line) ?? [];
    if (key === undefined) continue;
    values.set(key.replaceAll('_', '-'), (value ?? '').replace(/^(["'])(.*)\1$/, '$2'));
  }
  return values;
}

/**
 * A server with what its option file adds and with the socket that `localhost` means. What the configuration says
 * itself wins. libmariadb: `localhost` is the socket, other names are TCP.
 */
export function readMysqlOptions(host: MysqlHost): MysqlHost {
  const options =
    host.optionFile === ''
      ? new Map<string, string>()
      : optionsOf(toUtf8(host.optionFile), toUtf8(host.optionGroup));
  const option = (key: string): string => options.get(key) ?? '';
  let name = host.host || option('host');
  if (host.host === '' && option('socket') !== '') name = option('socket');
  if (name === '' || name === 'localhost')
    name = LOCAL_SOCKETS.find((path) => existsSync(path)) ?? 'localhost';
  const ca = option('ssl-ca');
  const tls =
    host.tls ??
    (ca === ''
      ? null
      : {
          ca,
          caPath: '',
          certificate: option('ssl-cert'),
          key: option('ssl-key'),
          cipher: option('ssl-cipher'),
          verify: options.has('ssl-verify-server-cert'),
        });
  return {
    ...host,
    host: name,
    port: host.port || Number(option('port')) || 0,
    user: host.user || option('user'),
    password: host.password || option('password'),
    dbname: host.dbname || option('database'),
    tls,
  };
}
