import type { ByteString } from '../../../grammar/bytes.js';
import type { Filter } from './filter.js';
import type { SettingsTable } from './settings-table.js';

const middlesByTable = new WeakMap<SettingsTable, Map<ByteString, Map<ByteString, ByteString[]>>>();

/** Settings `F_*_key` by their key, in Dovecot's order. */
function middlesOf(table: SettingsTable, filterKey: ByteString): Map<ByteString, ByteString[]> {
  let middles = middlesByTable.get(table);
  if (middles === undefined) {
    middles = new Map();
    middlesByTable.set(table, middles);
  }
  let byKey = middles.get(filterKey);
  if (byKey === undefined) {
    byKey = new Map();
    const prefix = `${filterKey}_`;
    for (const { name } of table.settingsInHashOrder()) {
      const next = name.startsWith(prefix) ? name.indexOf('_', prefix.length) : -1;
      if (next === -1) continue;
      const key = name.slice(next + 1);
      byKey.set(key, [...(byKey.get(key) ?? []), name]);
    }
    middles.set(filterKey, byKey);
  }
  return byKey;
}

/** Settings that `key` inside `F NAME { }` could have meant: `F_*_key`. */
export function namesWithMiddle(filter: Filter, key: ByteString): readonly ByteString[] {
  return middlesOf(filter.table, filter.kindName).get(key) ?? [];
}

/** Dovecot 2.4.1 config-parser.c `config_set_unknown_key_error`. */
export function unknownSettingText(filter: Filter, key: ByteString): ByteString {
  const name = filter.mask.name;
  if (name === undefined) return `Unknown setting: ${key}`;
  const isList = filter.mask.isList === true;
  const second = isList ? ` or ${name.replaceAll('/', '_')}_${key}` : '';
  const start = `Unknown setting: ${key} (${filter.kindName}_${key}${second} not found either.`;
  const found = isList ? namesWithMiddle(filter, key) : [];
  if (found.length === 0) return `${start})`;
  if (found.length === 1) return `${start} Did you mean ${found[0]}?)`;
  return `${start} Did you mean one of: ${found.join(', ')}?)`;
}
