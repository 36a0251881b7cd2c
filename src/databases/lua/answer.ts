import type { ByteString } from '../../../grammar/bytes.js';
import type { RowField } from '../../auth/driver.js';
import type { Series } from '../../knowledge/versions.js';
import type { Report } from './script.js';
import type { LuaRole } from './settings.js';

/** Dovecot passdb.h: enum passdb_result; userdb.h: enum userdb_result */
const OK = 1;
const NEXT = -6;

/** As Dovecot 2.3.19.1 db-lua.c writes it. */
const FAILED = { passdb: 'passb failed', userdb: 'userdb failed' } as const;

/** What a function gave back. */
export type Answer =
  | { readonly kind: 'failed'; readonly text: ByteString }
  | {
      readonly kind: 'answer';
      readonly result: number;
      readonly fields: readonly RowField[];
      readonly reason: ByteString | null;
      readonly warnings: readonly ByteString[];
    };

/** Reads what a function gave back, and whether it is of the types that this version takes. */
export function readAnswer(series: Series, role: LuaRole, shown: string, reports: readonly Report[]): Answer {
  const [first = []] = reports;
  if (first[0] !== 'result') return { kind: 'failed', text: first[1] ?? 'no result' };
  const value = reports.find(([kind]) => kind === 'value') ?? ['value', 'nil', ''];
  const [, type = 'nil', text = ''] = value;
  const wrong = (what: string, expected: string, got: string): Answer => ({
    kind: 'failed',
    text: `db-lua: ${shown} invalid ${what}return value (expected ${expected} got ${got})`,
  });
  const isNumber = first[2] !== '';
  if (!isNumber) return wrong('', 'number', first[1] ?? 'nil');
  const result = Number(first[2]);
  // Lua takes a number for a string.
  const isString = type === 'string' || type === 'number';
  if (series === '2.3') {
    if (!isString && type !== 'table') return wrong('', 'string or table,', type);
  } else if (result === OK) {
    if (type !== 'table' && type !== 'nil') return wrong('', 'nil or table,', type);
  } else if (!isString && type !== 'nil') return wrong('error ', 'nil or string,', type);
  const warnings: ByteString[] = [];
  let fields: RowField[] = [];
  let reason: ByteString | null = isString ? text : null;
  if (type === 'table') {
    if (result !== OK) reason = FAILED[role];
    else
      fields = reports.flatMap(([kind, key = '', valueType = '', shownValue = '']): RowField[] => {
        if (kind !== 'field') return [];
        if (series === '2.4' && (key === '' || /[\t\r\n]/.test(key))) {
          const cannot = key === '' ? 'be empty' : 'contain <CR>, <LF> or <TAB>';
          warnings.push(`db-lua: Field key cannot ${cannot} - ignoring`);
          return [];
        }
        if (['number', 'boolean', 'string'].includes(valueType)) return [[key, shownValue]];
        // Dovecot asks for the name of the type -1, which is none.
        warnings.push(`db-lua: '${key}' has invalid value type no value - ignoring`);
        return series === '2.3' ? [[key, '']] : [];
      });
  } else if (series === '2.3' && (result === OK || (role === 'passdb' && result === NEXT))) {
    fields = text.split(' ').flatMap((word): RowField[] => {
      if (word === '') return [];
      const equals = word.indexOf('=');
      return [equals === -1 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]];
    });
  } else if (series === '2.4' && type === 'nil' && result !== OK) reason = `${role} failed`;
  return { kind: 'answer', result, fields, reason, warnings };
}
