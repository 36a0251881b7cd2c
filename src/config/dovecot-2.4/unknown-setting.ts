import type { ByteString } from '../../../grammar/bytes.js';
import type { Filter } from './filter.js';
import { settingsInHashOrder } from './settings-table.js';

/** Settings that `key` inside `F NAME { }` could have meant: `F_*_key`, in Dovecot's order. */
export function namesWithMiddle(filterKey: ByteString, key: ByteString): ByteString[] {
  const prefix = `${filterKey}_`;
  return settingsInHashOrder()
    .map((definition) => definition.name)
    .filter((name) => {
      if (!name.startsWith(prefix)) return false;
      const next = name.indexOf('_', prefix.length);
      return next !== -1 && name.slice(next + 1) === key;
    });
}

/** Dovecot 2.4.1 config-parser.c `config_set_unknown_key_error`. */
export function unknownSettingText(filter: Filter, key: ByteString): ByteString {
  const name = filter.mask.name;
  if (name === undefined) return `Unknown setting: ${key}`;
  const isList = filter.mask.isList === true;
  const second = isList ? ` or ${name.replaceAll('/', '_')}_${key}` : '';
  const start = `Unknown setting: ${key} (${filter.kindName}_${key}${second} not found either.`;
  const found = isList ? namesWithMiddle(filter.kindName, key) : [];
  if (found.length === 0) return `${start})`;
  if (found.length === 1) return `${start} Did you mean ${found[0]}?)`;
  return `${start} Did you mean one of: ${found.join(', ')}?)`;
}
