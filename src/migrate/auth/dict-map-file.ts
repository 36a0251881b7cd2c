import type { ByteString } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import type { NewStatement } from '../change.js';
import type { MigrationContext } from '../migration-context.js';

/**
 * What stands inside `dict NAME { }` of the dict server in place of `mysql:PATH`, `pgsql:PATH`, `sqlite:PATH`,
 * `ldap:PATH` of 2.3: the settings of that file with its maps.
 */
export function translateDictMapFile(
  driver: ByteString,
  _path: ByteString,
  _place: Place,
  _context: MigrationContext,
): readonly NewStatement[] {
  return [{ kind: 'setting', key: 'driver', value: driver === 'ldap' ? 'ldap' : 'sql' }];
}
