import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ExtFile } from '../../config/ext-file.js';
import { EXTERNAL_2_3 } from '../../knowledge/external-settings-2.3.js';
import type { NewSetting, NewStatement } from '../change.js';
import { AUTH_TABLE } from '../strings/name-tables.js';
import { translateTemplate } from '../strings/template.js';
import {
  change,
  type DriverPart,
  NOTHING,
  newSetting,
  type OldBlock,
  variableSetting,
} from './block-part.js';
import { connectStatements } from './connect-string.js';
import {
  asComment,
  type ExtSetting,
  type ExtTranslator,
  extFileOf,
  included,
  unreadable,
} from './ext-file.js';
import { columnNames, lostSetting } from './userdb-settings.js';

/** Names of 2.4 of what an SQL file says with variables. */
const QUERIES: Readonly<Record<string, string>> = nameTable({
  password_query: 'passdb_sql_query',
  update_query: 'passdb_sql_update_query',
  user_query: 'userdb_sql_query',
  iterate_query: 'userdb_sql_iterate_query',
});

/** An sql block with its file (Dovecot 2.3.19.1 db-sql.c). */
export function foldSql(old: OldBlock): DriverPart {
  const file = extFileOf(old, 'sql');
  if (file === null) return { ...NOTHING, statements: [unreadable(old)] };
  return {
    ...NOTHING,
    statements: [included(old, file, SQL)],
    pins: pinned(old, file),
    row: 'sql',
  };
}

const SQL: ExtTranslator = {
  setting(one, file): readonly NewStatement[] {
    const { key, value, place } = one;
    const query = QUERIES[key];
    if (query !== undefined) return [querySetting(query, one)];
    switch (key) {
      case 'driver': {
        const reason = 'The driver of an SQL file has a longer name in 2.4.';
        return [newSetting('sql_driver', value, [change('DV769', 'exact', reason, place)])];
      }
      case 'connect':
        return connectStatements(file.get('driver'), value, place);
      case 'default_pass_scheme': {
        const reason = 'The default scheme is a setting of the passdb in 2.4.';
        return [
          newSetting('passdb_default_password_scheme', value, [change('DV774', 'exact', reason, place)]),
        ];
      }
      case 'userdb_warning_disable':
        return asComment(place, '2.4 has no such warning');
      default:
        return asComment(place, '2.4 has no such setting');
    }
  },
};

/** A query, with its lines as they were where that is possible. */
function querySetting(name: ByteString, { value, layout, place }: ExtSetting): NewSetting {
  const reason = 'Queries have longer names in 2.4.';
  const kind = name.startsWith('passdb') ? 'passdb' : 'userdb';
  const isList = name === 'userdb_sql_iterate_query';
  const lost = isList ? [] : columnNames(value).flatMap((column) => lostSetting(kind, column, place));
  const changes = [change('DV770', 'exact', reason, place), ...lost];
  const written = variableSetting(name, value, place, { escaped: 'sql', changes });
  if (layout === null) return written;
  const lines = translateTemplate(layout, AUTH_TABLE, 'sql').text;
  const joined = lines.replaceAll(/[ \t]*\\\r?\n[ \t]*/g, ' ');
  return joined === written.value ? { ...written, verbatim: `${name} = ${lines}` } : written;
}

/** What 2.3 does where the file is silent. */
function pinned(old: OldBlock, file: ExtFile): NewStatement[] {
  const { kind, place } = old;
  const wanted = kind === 'passdb' ? ['password_query'] : ['user_query', 'iterate_query'];
  const statements: NewStatement[] = wanted
    .filter((key) => file.values.get(key)?.origin == null)
    .map((key) => {
      const usual = EXTERNAL_2_3['sql']?.find(([name]) => name === key)?.[2] ?? '';
      const reason = `2.3 has a ${key} of its own where the file has none; 2.4 has not.`;
      return variableSetting(QUERIES[key] ?? key, usual, place, {
        escaped: 'sql',
        changes: [change('DV774', 'exact', reason, place)],
      });
    });
  if (kind === 'passdb' && file.values.get('default_pass_scheme')?.origin == null) {
    const reason = 'The default scheme of an SQL passdb is MD5 in 2.3 and PLAIN in 2.4.';
    statements.push(newSetting('default_password_scheme', 'MD5', [change('DV774', 'exact', reason, place)]));
  }
  return statements;
}
