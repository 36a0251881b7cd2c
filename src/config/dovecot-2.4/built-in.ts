import { type BuiltInValueRow, OF_DEFAULTS, OF_LIST, REQUIRED_SEEN } from '../../knowledge/tables-2.4.js';
import type { FilterTree, StoredValue } from './filter.js';
import { appendElement, createList } from './list-value.js';

/**
 * Gives a new tree the filters that Dovecot has built in; `served`: as its servers read them, else as doveconf does.
 * The tables hold them resolved (scripts/built-in-2.4.ts): they are wanted at every start.
 */
export function addBuiltIn(tree: FilterTree, served: boolean): void {
  const rows = tree.table.builtInFilters;
  // Members of rows are read one by one: taking a row apart costs V8's interpreter several times as much.
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    if (row === undefined) continue;
    const outer = tree.all[row[0]];
    const flags = row[2];
    // The root and that of the defaults are there already.
    const filter =
      outer === undefined
        ? tree.all[index]
        : tree.create(
            outer,
            { name: row[1], isList: (flags & OF_LIST) !== 0 },
            (flags & OF_DEFAULTS) !== 0,
            null,
          );
    if (filter === undefined) continue;
    filter.requiredSeen = (flags & REQUIRED_SEEN) !== 0;
    const values = (served ? row[4] : undefined) ?? row[3];
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      if (value !== undefined) filter.values.set(value[0], storedValue(value));
    }
  }
}

function storedValue(row: BuiltInValueRow): StoredValue {
  const value = row[1];
  const replaced = row[2];
  if (typeof value === 'string') return { kind: 'text', text: value, origin: null, explicit: false };
  if (replaced === undefined) return { kind: 'names', names: [...value], origin: null, explicit: false };
  const list = createList(null);
  for (let at = 0; at < value.length; at += 2)
    appendElement(list, value[at] ?? '', value[at + 1] ?? '', null);
  list.replaced = replaced === 1;
  return list;
}
