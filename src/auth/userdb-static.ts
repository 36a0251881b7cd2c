import type { ByteString } from '../../grammar/bytes.js';
import type { UserdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import { type SystemId, systemIdOf } from './userdb-driver.js';

/** The fields of a 2.3 static userdb; values still hold variables. */
export interface StaticUserdb {
  readonly fields: readonly (readonly [name: ByteString, value: ByteString])[];
  /** A look-up without a login does not ask the passdbs first. */
  readonly allowAllUsers: boolean;
}

/** The auth process would not start; the message is what it says behind `auth: Fatal: `. */
class UserdbRefused extends Error {}

/** Dovecot 2.3.19.1 userdb-static.c, userdb-template.c; 2.4.1 userdb-static.c, whose fields are `fields { }` */
export function staticUserdb(series: Series, block: UserdbBlock, systemId: SystemId): StaticUserdb {
  if (series === '2.4') {
    const allow = block.setting('userdb_static_allow_all_users')?.text ?? 'no';
    return { fields: [], allowAllUsers: allow.toLowerCase() === 'yes' };
  }
  const { fields, removed } = userdbTemplate('static', block.args.text, 'allow_all_users', systemId);
  return { fields, allowAllUsers: removed?.toLowerCase() === 'yes' };
}

/**
 * `key=value` pairs of a 2.3 args text without the one that is a setting of its own (`removed`: its value, `yes` where
 * it has none, null where it is not there). Dovecot 2.3.19.1 userdb-template.c
 */
export function userdbTemplate(
  driver: 'static' | 'passwd',
  args: ByteString,
  own: ByteString,
  systemId: SystemId,
): { readonly fields: StaticUserdb['fields']; readonly removed: ByteString | null } {
  const fields: [ByteString, ByteString][] = [];
  let removed: ByteString | null = null;
  for (const part of args.split(/ +/)) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const key = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? '' : part.slice(equals + 1);
    if (key === '') throw new UserdbRefused(`Invalid userdb template ${args} - key must not be empty`);
    if (key === own) removed = equals === -1 ? 'yes' : value;
    else fields.push([key, idValue(driver, key, value, systemId)]);
  }
  return { fields, removed };
}

function idValue(driver: string, key: ByteString, value: ByteString, systemId: SystemId): ByteString {
  const kind = key.toLowerCase();
  if (kind !== 'uid' && kind !== 'gid') return value;
  const id = systemIdOf(kind, value, systemId);
  if (id === null) throw new UserdbRefused(`${driver} userdb: Invalid ${kind}: ${value}`);
  return id;
}
