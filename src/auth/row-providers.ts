import type { ByteString } from '../../grammar/bytes.js';
import type { DatabaseBlock } from '../config/effective.js';
import type { Provider } from '../variables/scope.js';
import type { Row } from './driver.js';

/** `%{sql:COLUMN}` and the like: the row of the database, an error where it has no such column. */
export function rowProviders(
  block: Pick<DatabaseBlock, 'driver'>,
  row: Row | undefined,
): ReadonlyMap<ByteString, Provider> {
  if (row?.providers !== undefined) return row.providers;
  const prefix = row?.prefix ?? block.driver.replaceAll('-', '_');
  return new Map([
    [
      prefix,
      (key: ByteString) => {
        const value = row?.columns.get(key);
        return value === undefined
          ? { kind: 'error', message: `No such field '${key}'` }
          : { kind: 'value', value };
      },
    ],
  ]);
}
