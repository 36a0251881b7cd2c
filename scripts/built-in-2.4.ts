// What Dovecot 2.4 has built in, resolved: scripts/generate-knowledge-2.4.mjs bundles and calls this.
import type { ByteString } from '../grammar/bytes.js';
import { parseDovecotConf } from '../grammar/dovecot-conf/parser.js';
import type { Statement } from '../grammar/dovecot-conf/tree.js';
import { Source } from '../grammar/source.js';
import { Builder } from '../src/config/dovecot-2.4/builder.js';
import type { Filter, StoredValue } from '../src/config/dovecot-2.4/filter.js';
import { escapeSectionName, unescapeSectionName } from '../src/config/dovecot-2.4/section-name.js';
import { openSection, sectionKey } from '../src/config/dovecot-2.4/section-opening.js';
import { SettingsTable, type TableRows } from '../src/config/dovecot-2.4/settings-table.js';
import {
  type BuiltInFilterRow,
  type BuiltInValueRow,
  OF_DEFAULTS,
  OF_LIST,
  REQUIRED_SEEN,
} from '../src/knowledge/tables-2.4.js';
import type { Version24 } from '../src/knowledge/versions.js';

type KeyValueRow = readonly [key: string, value: string];

/** What the probe finds in one installed Dovecot. */
export interface BuiltInSource {
  /** name, values of the service itself, values below it (`unix_listener/NAME/key`). */
  readonly services: readonly (readonly [string, readonly KeyValueRow[], readonly KeyValueRow[]])[];
  /** Defaults that Dovecot gives as text, by struct. */
  readonly textDefaults: readonly (readonly KeyValueRow[])[];
  /** Configuration text that doveconf reads before the file: the built-in groups. */
  readonly text: string;
}

/** The rows of `builtInFilters`. */
export function builtInFilters(
  version: Version24,
  rows: Omit<TableRows, 'builtInFilters'>,
  source: BuiltInSource,
): BuiltInFilterRow[] {
  const table = new SettingsTable(version, { ...rows, builtInFilters: [] });
  const [shown, served] = [true, false].map((prefixesInFilters) => {
    const mode = { prefixesInFilters, expand: true, served: !prefixesInFilters };
    const builder = new Builder(table, mode, () => '', undefined);
    addAll(builder, source);
    return builder.tree.all;
  });
  if (shown === undefined || served === undefined || shown.length !== served.length)
    throw new Error('doveconf and the servers have different built-in filters');
  return shown.map((filter, index) => {
    const values = valueRows(filter);
    const servedValues = valueRows(served[index]);
    const { mask, isDefault, parent, requiredSeen, groups } = filter;
    if (served[index]?.path !== filter.path || groups.length > 0)
      throw new Error(`the built-in filter ${mask.name} is not what a row can say`);
    const row = [
      parent === null ? -1 : shown.indexOf(parent),
      mask.name ?? '',
      (mask.isList === true ? OF_LIST : 0) |
        (isDefault ? OF_DEFAULTS : 0) |
        (requiredSeen ? REQUIRED_SEEN : 0),
      values,
    ] as const;
    return JSON.stringify(values) === JSON.stringify(servedValues) ? row : [...row, servedValues];
  });
}

function valueRows(filter: Filter | undefined): BuiltInValueRow[] {
  return [...(filter?.values ?? [])].map(([name, value]) => valueRow(name, value));
}

function valueRow(name: ByteString, value: StoredValue): BuiltInValueRow {
  switch (value.kind) {
    case 'text':
      return [name, value.text];
    case 'names':
      return [name, value.names];
    case 'list':
      return [
        name,
        value.elements.flatMap((element) => [element.key, element.value]),
        value.replaced ? 1 : 0,
      ];
  }
}

/** Applies what is built in, in Dovecot's order. Dovecot 2.4.1 config-parser.c `config_parse_file`. */
function addAll(builder: Builder, { services, textDefaults, text }: BuiltInSource): void {
  builder.inDefaults = true;
  builder.section = builder.openAt(builder.tree.defaults);
  for (const [name, values, below] of services) {
    const outer = builder.section;
    builder.apply('service', escapeSectionName(name));
    const filter = builder.tree.create(outer.filter, { name: `service/${name}`, isList: true }, true, null);
    builder.section = { ...builder.openAt(filter), parent: outer };
    applyAll(builder, values);
    for (const row of below) applyBelow(builder, filter, row);
    builder.section = outer;
  }
  for (const defaults of textDefaults) applyAll(builder, defaults);
  readStatements(builder, parseDovecotConf(new Source('Internal config_import', text), '2.4').statements);
}

function applyAll(builder: Builder, rows: readonly KeyValueRow[]): void {
  for (const [key, value] of rows) builder.apply(key, value);
}

/** `unix_listener/NAME/key`, with the name escaped, or a plain setting of the service. */
function applyBelow(builder: Builder, service: Filter, [key, value]: KeyValueRow): void {
  const first = key.indexOf('/');
  const second = first === -1 ? -1 : key.indexOf('/', first + 1);
  if (second === -1) {
    builder.apply(key, value);
    return;
  }
  const mask = { name: unescapeSectionName(key.slice(0, second)), isList: true };
  const { section } = builder;
  const filter = builder.tree.find(service, mask, true) ?? builder.tree.create(service, mask, true, null);
  builder.section = { ...builder.openAt(filter), parent: section };
  builder.apply(key.slice(second + 1), value);
  builder.section = section;
}

function readStatements(builder: Builder, list: readonly Statement[]): void {
  for (const statement of list) {
    if (statement.kind === 'setting') builder.apply(statement.key, statement.value.text);
    if (statement.kind === 'section') {
      const outer = builder.section;
      const label: ByteString | null = statement.groupLabel;
      openSection(builder, label ?? sectionKey(outer.filter, statement.key), statement.name, label !== null);
      readStatements(builder, statement.body);
      builder.section = outer;
    }
  }
}
