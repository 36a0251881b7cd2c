import type { ByteString } from '../../../../grammar/bytes.js';
import type { Dump, DumpNode, DumpOptions } from '../../print/dump.js';
import type { ConfigProblem } from '../../problem.js';
import { Refused } from '../builder.js';
import { Filter, type FilterMask, type FilterTree } from '../filter.js';
import { applyDumpFilter, expandGroups, mergeDefaults } from '../finish.js';
import type { Reading } from '../reading.js';
import { connectionMask } from '../section-opening.js';
import type { SettingsTable } from '../settings-table.js';
import type { ExportScope } from './export.js';
import { FilterPrinter, type NameFilter } from './filter-printer.js';
import { groupUses } from './group-uses.js';

/** Prints a configuration as doveconf 2.4.1 does. */
export class Dumper {
  readonly #table: SettingsTable;
  readonly #read: () => Reading;
  readonly #late: readonly ConfigProblem[];
  readonly #check: (tree: FilterTree) => readonly ConfigProblem[];

  /** `late`: errors that leave the output whole; `check`: the checks after reading. */
  constructor(
    table: SettingsTable,
    read: () => Reading,
    late: readonly ConfigProblem[],
    check: (tree: FilterTree) => readonly ConfigProblem[],
  ) {
    this.#table = table;
    this.#read = read;
    this.#late = late;
    this.#check = check;
  }

  dump(options: DumpOptions): Dump {
    const question = dumpQuestion(this.#table, options.filters);
    if (typeof question === 'string') return { nodes: [], messages: [`Fatal: ${question}`], exitCode: 89 };
    const reading = this.#read();
    const { builder } = reading;
    const named = options.names.length > 0;
    if (named) expandGroups(builder);
    const missesGroup = this.#late.some(({ kind }) => kind === 'unknown-section');
    if (question !== null && !missesGroup) applyDumpFilter(builder, question);
    const checked = this.#late.length === 0 ? this.#check(builder.tree) : [];
    // Built-in values join the others only where nothing was wrong.
    const isFine = this.#late.length === 0 && checked.every(({ severity }) => severity === 'warning');
    if (options.scope === 'defaults' || (named && isFine)) mergeDefaults(builder);

    const { root } = builder.tree;
    const printer = new FilterPrinter(
      builder.tree.table,
      reading.configVersion ?? '',
      !options.showSecrets,
      options.valuesOnly,
    );
    const rootScope = scopeOf(options, named);
    const nodes: DumpNode[] = [];
    const names = named ? options.names : [null];
    for (const name of names) {
      const filter: NameFilter | null = name === null ? null : { name, alternatives: [] };
      nodes.push(...printer.settings(root, rootScope, filter));
      const path = name === null ? [] : name.split('/');
      nodes.push(...printer.children(root, innerScope(rootScope), path));
      if (name === null) nodes.push(...groupUses(root));
    }
    const checks = checked.flatMap((problem) =>
      problem.severity === 'error' && problem.dovecot !== null ? [`Error: ${problem.dovecot.message}`] : [],
    );
    if (options.valuesOnly && nodes.length === 0)
      nodes.push({ kind: 'setting', name: '', value: '', origin: null });
    if (printer.isAmbiguous)
      return {
        nodes: [],
        messages: ['Fatal: Multiple settings matched with -h parameter'],
        exitCode: 89,
      };
    if (named) return { nodes, messages: names.flatMap(() => checks), exitCode: 0 };
    const head: DumpNode[] =
      reading.configVersion === null || options.scope === 'defaults'
        ? []
        : [{ kind: 'setting', name: 'dovecot_config_version', value: reading.configVersion, origin: null }];
    const failed = checks.length > 0 || this.#late.length > 0;
    return { nodes: [...head, ...nodes], messages: checks, exitCode: failed ? 89 : 0 };
  }
}

function scopeOf(options: DumpOptions, named: boolean): ExportScope {
  switch (options.scope) {
    case 'changed':
    case 'set':
      return options.scope;
    case 'all':
    case 'defaults':
      return named ? 'all-with-hidden' : 'all';
    case 'all-with-hidden':
      return options.scope;
  }
}

function innerScope(scope: ExportScope): ExportScope {
  return scope === 'changed' || scope === 'set' ? 'set' : 'set-or-default';
}

/** `-f` arguments as a question; text: what doveconf says against them. */
function dumpQuestion(table: SettingsTable, filters: readonly ByteString[]): FilterMask | null | ByteString {
  if (filters.length === 0) return null;
  let question: FilterMask = {};
  const outermost = new Filter(table, {}, null, false, 0, null);
  for (const argument of filters) {
    const equals = argument.indexOf('=');
    if (equals === -1) return '-f parameters must be in key=value format';
    const key = argument.slice(0, equals);
    const value = argument.slice(equals + 1);
    try {
      const mask = connectionMask(outermost, key, value);
      if (mask === null) return `-f ${key}: Unknown filter key`;
      question = { ...question, ...mask };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return `-f ${key}=${value}: ${error.message}`;
    }
  }
  return question;
}
