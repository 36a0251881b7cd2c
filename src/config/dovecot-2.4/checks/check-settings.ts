import type { ByteString } from '../../../../grammar/bytes.js';
import type { LoadInput } from '../../load-input.js';
import type { ConfigProblem } from '../../problem.js';
import type { Filter, FilterMask, FilterTree } from '../filter.js';
import { FilterIndex } from '../scope.js';
import type { SettingsTable } from '../settings-table.js';
import { expansionError, scopeWith } from './check-context.js';
import { structChecks } from './struct-checks.js';
import { StructView } from './struct-view.js';

/**
 * What Dovecot checks when everything is read: each struct at each filter that sets something of it. Errors come in
 * Dovecot's order; with `doveconf` the first is the fatal one, and all of them are printed.
 */
export function checkSettings(tree: FilterTree, input: LoadInput): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const index = new FilterIndex(tree);
  const said = new Set<ByteString>();
  const globalSsl = tree.root.values.get('ssl');
  problems.push(...checkSieve(tree, index, input));
  for (const filter of tree.all) {
    if (filter.isDefault || (filter.mask.isList === true && filter.isInGroup)) continue;
    const ssl = filter.values.get('ssl');
    if (ssl?.kind === 'text' && ssl.text !== 'no' && globalSsl?.kind === 'text' && globalSsl.text === 'no')
      warnOnce(`SSL is disabled because global ssl=no, ignoring ssl=${ssl.text} for subsection`, filter);
    const context = {
      index,
      connection: connectionOf(filter),
      expanded: input.expand,
      warn: (text: ByteString) => warnOnce(text, filter),
    };
    for (const struct of structsOf(filter)) {
      const check = structChecks.get(struct.name);
      if (check === undefined) continue;
      const view = new StructView(tree, filter, struct, input.expand);
      const error = check(view, context);
      // Sieve has said it already.
      if (error !== null && !(filter.isRoot && SIEVE_STRUCTS.includes(struct.name)))
        problems.push(problemOf('error', error, filter));
    }
  }
  return problems;

  function warnOnce(text: ByteString, filter: Filter): void {
    const key = text.startsWith('SSL is disabled') ? 'ssl' : /^service (auth|anvil) /.exec(text)?.[0];
    if (key !== undefined && said.has(key)) return;
    if (key !== undefined) said.add(key);
    problems.push(problemOf('warning', text, filter));
  }
}

/** Structs that Pigeonhole reads while doveconf asks it for its capabilities, which is before all other checks. */
const SIEVE_STRUCTS = ['sieve', 'sieve_variables', 'sieve_vacation', 'sieve_notify_mailto'];

function checkSieve(tree: FilterTree, index: FilterIndex, input: LoadInput): ConfigProblem[] {
  const context = { index, connection: {}, expanded: input.expand, warn: () => undefined };
  // It asks for no protocol, and so for `protocol !imap { }` as well.
  const scope = scopeWith(context);
  const within = scope.filters.filter((filter) => !filter.isRoot && !filter.isDefault).reverse();
  return SIEVE_STRUCTS.flatMap((name) => {
    const struct = tree.table.findStruct(name);
    const unknown = expansionError(scope, name);
    if (unknown !== null) {
      const text = `sieve: ${name} settings: Failed to parse configuration: ${unknown}`;
      return [sieveProblem(text, tree.root)];
    }
    const error =
      struct &&
      structChecks.get(name)?.(new StructView(tree, tree.root, struct, input.expand, within), context);
    if (error == null) return [];
    return [sieveProblem(`sieve: ${name} settings: Invalid settings: ${error}`, tree.root)];
  });
}

// Pigeonhole 2.4.1 managesieve-login-settings-plugin.c
function sieveProblem(text: ByteString, root: Filter): ConfigProblem {
  return { ...problemOf('error', text, root), fatal: 'Failed to initialize Sieve' };
}

/** Structs with a check that the filter has a value of; at the root all of them. */
function structsOf(filter: Filter) {
  const { structs } = filter.table;
  if (filter.isRoot) return structs.filter((struct) => struct.hasCheck);
  const indexes = checkedStructs(filter.table);
  const found = new Set<number>();
  for (const name of filter.values.keys()) for (const index of indexes.get(name) ?? []) found.add(index);
  return [...found].sort((a, b) => a - b).flatMap((index) => structs[index] ?? []);
}

const checkedByTable = new WeakMap<SettingsTable, Map<ByteString, number[]>>();

/** Structs with a check by the settings that they have. */
function checkedStructs(table: SettingsTable): ReadonlyMap<ByteString, readonly number[]> {
  let indexes = checkedByTable.get(table);
  if (indexes === undefined) {
    indexes = new Map();
    for (const [index, struct] of table.structs.entries()) {
      if (!struct.hasCheck) continue;
      for (const { name } of struct.members) indexes.set(name, [...(indexes.get(name) ?? []), index]);
    }
    checkedByTable.set(table, indexes);
  }
  return indexes;
}

function connectionOf(filter: Filter): FilterMask {
  let connection: FilterMask = {};
  for (let at: Filter | null = filter; at !== null; at = at.outer) {
    const { protocol, localName, local, remote } = at.mask;
    connection = {
      ...(protocol === undefined ? {} : { protocol }),
      ...(localName === undefined ? {} : { localName }),
      ...(local === undefined ? {} : { local }),
      ...(remote === undefined ? {} : { remote }),
      ...connection,
    };
  }
  return connection;
}

function problemOf(severity: 'error' | 'warning', text: ByteString, filter: Filter): ConfigProblem {
  return {
    kind: 'failed-check',
    severity,
    place: filter.origin,
    dovecot: { message: text, stage: 'doveconf' },
    message: text,
  };
}
