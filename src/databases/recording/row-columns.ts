import type { ByteString } from '../../../grammar/bytes.js';
import type { RowField } from '../../auth/driver.js';

/** What 2.4 sees of columns: NULL is `yes` there. Dovecot 2.4.1 auth-fields.c auth_fields_add */
export function columnValues(fields: readonly RowField[]): Map<ByteString, ByteString> {
  return new Map(fields.map(([name, value]) => [name, value ?? 'yes']));
}
