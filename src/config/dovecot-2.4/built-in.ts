import type { ByteString } from '../../../grammar/bytes.js';
import { parseDovecotConf } from '../../../grammar/dovecot-conf/parser.js';
import type { Statement } from '../../../grammar/dovecot-conf/tree.js';
import { Source } from '../../../grammar/source.js';
import type { KeyValueRow } from '../../knowledge/tables-2.4.js';
import type { Builder } from './builder.js';
import type { Filter } from './filter.js';
import { escapeSectionName, unescapeSectionName } from './section-name.js';
import { openSection, sectionKey } from './section-opening.js';
import type { SettingsTable } from './settings-table.js';

/** Gives a builder the values that Dovecot has built in. Dovecot 2.4.1 config-parser.c `config_parse_file`. */
export function addBuiltIn(builder: Builder): void {
  const { section } = builder;
  builder.inDefaults = true;
  builder.section = builder.openAt(builder.tree.defaults);
  for (const [name, , values, below] of builder.tree.table.services) {
    const outer = builder.section;
    builder.apply('service', escapeSectionName(name));
    const filter = builder.tree.create(outer.filter, { name: `service/${name}`, isList: true }, true, null);
    builder.section = { ...builder.openAt(filter), parent: outer };
    applyAll(builder, values);
    for (const row of below) applyBelow(builder, filter, row);
    builder.section = outer;
  }
  for (const defaults of builder.tree.table.textDefaults) applyAll(builder, defaults);
  readText(builder);
  builder.inDefaults = false;
  builder.section = section;
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

const statementsByTable = new WeakMap<SettingsTable, readonly Statement[]>();

/** The built-in groups are ordinary configuration text. */
function readText(builder: Builder): void {
  const { table } = builder.tree;
  let statements = statementsByTable.get(table);
  if (statements === undefined) {
    statements = parseDovecotConf(new Source('Internal config_import', table.builtInText), '2.4').statements;
    statementsByTable.set(table, statements);
  }
  readStatements(builder, statements);
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
