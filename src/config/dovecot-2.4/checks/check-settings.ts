import type { ByteString } from '../../../../grammar/bytes.js';
import type { LoadInput } from '../../load-input.js';
import type { ConfigProblem } from '../../problem.js';
import type { Filter, FilterMask, FilterTree } from '../filter.js';
import { FilterIndex } from '../scope.js';
import { rulesOf } from '../version-rules.js';
import { structChecksOf } from './checks-by-version.js';
import { sieveProblems } from './sieve-start.js';
import { setsSieve } from './sieve-structs.js';
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
  const { skipsUnknownStructs } = rulesOf(tree.table.version);
  const structChecks = structChecksOf(tree.table.version);
  if (setsSieve(tree)) problems.push(...sieveProblems(tree, index, input));
  const bySieve = new Set(
    problems.map(({ message }) => message.replace(/^sieve: \w+ settings: Invalid settings: /, '')),
  );
  for (const filter of tree.all) {
    if (filter.isDefault || (filter.mask.isList === true && filter.isInGroup)) continue;
    const ssl = filter.values.get('ssl');
    if (ssl?.kind === 'text' && ssl.text !== 'no' && globalSsl?.kind === 'text' && globalSsl.text === 'no')
      warnOnce(`SSL is disabled because global ssl=no, ignoring ssl=${ssl.text} for subsection`, filter);
    const context = {
      index,
      connection: connectionOf(filter),
      expanded: input.expand,
      environment: input.host.environment,
      warn: (text: ByteString) => warnOnce(text, filter),
    };
    for (const struct of structsOf(filter)) {
      const check = structChecks.get(struct.name);
      if (check === undefined) continue;
      const view = new StructView(tree, filter, struct, input.expand);
      if (skipsUnknownStructs && view.hasUnknown) continue;
      const error = check(view, context);
      if (error !== null && !(filter.isRoot && bySieve.has(error)))
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

/** Structs with a check that the filter has a value of; at the root all of them. */
function structsOf(filter: Filter) {
  const { structs } = filter.table;
  if (filter.isRoot) return structs.filter((struct) => struct.hasCheck);
  const found = new Set<number>();
  for (const name of filter.values.keys())
    for (const index of filter.table.findSetting(name)?.structs ?? []) found.add(index);
  return [...found]
    .sort((a, b) => a - b)
    .flatMap((index) => structs[index] ?? [])
    .filter((struct) => struct.hasCheck);
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
