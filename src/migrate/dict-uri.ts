import type { ByteString } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import { translateDictMapFile } from './auth/dict-map-file.js';
import type { ChangeDraft, NewStatement } from './change.js';
import { commentedOut, draft, type OldSetting, placeOf, section, setting } from './old-setting.js';
import type { Translation } from './translation.js';

const MAP_FILES = new Set(['mysql', 'pgsql', 'sqlite', 'cassandra', 'ldap']);

/** A dict URI of 2.3 (`proxy::name`, `file:/path`, `redis:host=...`) as the `dict NAME { }` section that a plugin reads. */
export function translateDictUri(uri: ByteString, old: OldSetting, t: Translation): readonly NewStatement[] {
  if (!isDictDriver(uri)) return commentedOut(old, noDriver(uri, old));
  const [driver] = uri.split(':', 1);
  return [section('dict', driver ?? uri, dictBody(uri, old, t))];
}

/** The change of a dict whose driver is gone or never was. */
export function noDriver(uri: ByteString, old: OldSetting): ChangeDraft {
  const [driver = ''] = uri.split(':', 1);
  const reason = `2.4 has no dict driver ${driver}; it has file, fs, proxy, redis, sql and ldap.`;
  return draft('DV733', 'decide', reason, old);
}

const DRIVERS = new Set(['proxy', 'file', 'fs', 'redis', ...MAP_FILES]);

/** Whether 2.4 has the dict driver of a URI. */
export function isDictDriver(uri: ByteString): boolean {
  return DRIVERS.has(uri.split(':', 1)[0] ?? '');
}

/** What stands inside the section, where its name does not say the driver: `driver` comes first. */
export function translateNamedDict(
  name: ByteString,
  uri: ByteString,
  old: OldSetting,
  t: Translation,
): NewStatement {
  const [driver = ''] = uri.split(':', 1);
  const body = dictBody(uri, old, t);
  if (MAP_FILES.has(driver)) return section('dict', name, body);
  return section('dict', name, [setting('driver', driver), ...body]);
}

function dictBody(uri: ByteString, old: OldSetting, t: Translation): readonly NewStatement[] {
  const colon = uri.indexOf(':');
  const driver = colon === -1 ? uri : uri.slice(0, colon);
  const args = colon === -1 ? '' : uri.slice(colon + 1);
  if (MAP_FILES.has(driver)) return translateDictMapFile(driver, args, placeOf(old), t);
  switch (driver) {
    case 'proxy': {
      // proxy:[SOCKET]:NAME
      const last = args.lastIndexOf(':');
      const socket = last === -1 ? '' : args.slice(0, last);
      const { text, changes } = t.string(args.slice(last + 1), old);
      return [
        setting('name', text, undefined, changes),
        ...(socket === '' ? [] : [setting('socket_path', socket)]),
      ];
    }
    case 'file': {
      // file:PATH[:lock=METHOD]
      const lock = /:lock=(\w+)$/.exec(args)?.[1];
      const { text, changes } = t.string(args.replace(/:lock=\w+$/, ''), old);
      const body = [setting('path', text, undefined, changes)];
      if (lock !== undefined) body.push(setting('file_lock_method', lock));
      return body;
    }
    case 'fs':
      return [section('fs', args.split(':', 1)[0] ?? 'posix', fsBody(args, old))];
    case 'redis':
      return redisBody(args, old, t);
    default:
      return [];
  }
}

function fsBody(args: ByteString, old: OldSetting): NewStatement[] {
  const prefix = /(?:^|:)prefix=([^:]*)/.exec(args)?.[1];
  if (prefix === undefined) return [];
  return [
    setting('posix_prefix', prefix, undefined, [
      draft('DV729', 'equivalent', 'Check the file system section.', old),
    ]),
  ];
}

/** Keys of `redis:` with their 2.4 names. */
const REDIS: Readonly<Record<string, string>> = nameTable({
  path: 'redis_socket_path',
  host: 'redis_host',
  port: 'redis_port',
  prefix: 'redis_key_prefix',
  password: 'redis_password',
  db: 'redis_db_id',
  expire_secs: 'redis_expire',
  timeout_msecs: 'redis_request_timeout',
});

function redisBody(args: ByteString, old: OldSetting, t: Translation): NewStatement[] {
  return args.split(':').flatMap((part) => {
    const equals = part.indexOf('=');
    const name = REDIS[part.slice(0, equals)];
    if (equals === -1 || name === undefined) return [];
    const unit = name === 'redis_expire' ? ' s' : name === 'redis_request_timeout' ? ' ms' : '';
    const { text, changes } = t.string(part.slice(equals + 1), old);
    return [setting(name, text + unit, undefined, changes)];
  });
}
