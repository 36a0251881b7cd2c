import type { ByteString } from '../../../../grammar/bytes.js';
import type { Dump, DumpNode, DumpOptions } from '../../print/dump.js';
import type { ConfigProblem } from '../../problem.js';
import type { FilterMask, FilterTree } from '../filter.js';
import { applyDumpFilter, expandGroups, mergeDefaults } from '../finish.js';
import type { Reading } from '../reading.js';
import type { ExportScope } from './export.js';
import { EMPTY_LINE, FilterPrinter, type NameFilter } from './filter-printer.js';

/** What a 2.4 configuration is printed from. */
export interface DumpSource {
  /** The `-f` arguments, or what is wrong with them. */
  question(): FilterMask | null | ByteString;
  read(): Reading;
  /** Errors that leave the output whole. */
  readonly late: readonly ConfigProblem[];
  /** The checks after reading. */
  check(tree: FilterTree): readonly ConfigProblem[];
}

/** Prints a configuration as doveconf 2.4.1 does. */
export function dump24(source: DumpSource, options: DumpOptions): Dump {
  return new Dumper(source).dump(options);
}

class Dumper {
  readonly #source: DumpSource;

  constructor(source: DumpSource) {
    this.#source = source;
  }

  dump(options: DumpOptions): Dump {
    const { late } = this.#source;
    const question = this.#source.question();
    if (typeof question === 'string') return { nodes: [], messages: [`Fatal: ${question}`], exitCode: 89 };
    const reading = this.#source.read();
    const { builder } = reading;
    const named = options.names.length > 0;
    if (named && !builder.rules.fillsGroupsAtUse) expandGroups(builder);
    const missesGroup = late.some(({ kind }) => kind === 'unknown-section');
    if (question !== null && !missesGroup) applyDumpFilter(builder, question);
    const checked = late.length === 0 ? this.#source.check(builder.tree) : [];
    // Built-in values join the others only where nothing was wrong.
    const isFine = late.length === 0 && checked.every(({ severity }) => severity === 'warning');
    if (options.scope === 'defaults' || (named && isFine)) mergeDefaults(builder);

    const errors = checked.filter(({ severity }) => severity === 'error');
    // Where Sieve does not start no setting is checked.
    const bySieve = errors.filter(({ fatal }) => fatal !== undefined);
    const checks = bySieve.length > 0 ? [] : errorLines(errors);
    const { configVersion } = reading;
    const nodes: DumpNode[] =
      named || configVersion === null || options.scope === 'defaults'
        ? []
        : [versionLine(configVersion, options)];
    const messages: ByteString[] = errorLines(bySieve);
    for (const name of named ? options.names : ['']) {
      const printed = this.#printed(reading, options, name);
      if (printed === null) {
        messages.push('Fatal: Multiple settings matched with -h parameter');
        return { nodes, messages, exitCode: 89 };
      }
      nodes.push(...printed);
      messages.push(...checks);
    }
    const failed = !named && options.scope !== 'defaults' && (errors.length > 0 || late.length > 0);
    return { nodes, messages, exitCode: failed ? 89 : 0 };
  }

  /** What one name prints; '': everything; null: more than one value where `-h` wants one. */
  #printed({ builder, configVersion }: Reading, options: DumpOptions, name: ByteString): DumpNode[] | null {
    const { rules } = builder;
    const { root, table } = builder.tree;
    const printer = new FilterPrinter(table, configVersion ?? '', !options.showSecrets, options.valuesOnly);
    const scope = scopeOf(options, options.names.length > 0);
    const filter: NameFilter | null = name === '' ? null : { name, alternatives: [] };
    const inner = innerScope(scope, name !== '' && rules.asksPlainNames);
    const nodes = [
      ...printer.settings(root, scope, filter),
      ...printer.children(root, inner, name === '' ? [] : name.split('/')),
    ];
    if (name === '') nodes.push(...printer.groups(root));
    if (options.valuesOnly && !printer.hasPrinted) nodes.push(EMPTY_LINE);
    return printer.isAmbiguous ? null : nodes;
  }
}

function errorLines(problems: readonly ConfigProblem[]): ByteString[] {
  return problems.flatMap(({ dovecot }) => (dovecot === null ? [] : [`Error: ${dovecot.message}`]));
}

/** Printed as a whole with `-h`, too. */
function versionLine(version: ByteString, { valuesOnly }: DumpOptions): DumpNode {
  const name = 'dovecot_config_version';
  return { kind: 'setting', name, value: valuesOnly ? `${name} = ${version}` : version, origin: null };
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

function innerScope(scope: ExportScope, withGroups: boolean): ExportScope {
  if (scope === 'changed' || scope === 'set') return 'set';
  return withGroups ? 'set-or-default-or-group' : 'set-or-default';
}
