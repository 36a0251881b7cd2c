import type { ByteString } from '../../../grammar/bytes.js';
import { parseVariables24 } from '../../../grammar/variables-2.4/parser.js';
import type { Origin } from '../origin.js';
import type { ConfigProblem } from '../problem.js';
import type { Filter, FilterTree } from './filter.js';

/**
 * Values whose `%{...}` Dovecot cannot parse. doveconf and dovecot do so when they hand the whole configuration on, and
 * abort; built-in values are right. Dovecot 2.4.1 config-dump-full.c `config_dump_full_callback`.
 */
export function brokenVariables(tree: FilterTree): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const filter of tree.all) {
    if (filter.isDefault) continue;
    const names = namesWithExpressions(filter);
    for (const name of names.length < 2 ? names : inOrderOfStructs(filter, names))
      for (const { text, origin } of textsOf(filter, name)) {
        const error = text.includes('%{') ? parseVariables24(text).error : null;
        if (error !== null) problems.push(problemOf(name, text, error.message, origin));
      }
  }
  return problems;
}

function namesWithExpressions(filter: Filter): ByteString[] {
  const names: ByteString[] = [];
  for (const [name, stored] of filter.values) {
    const isOne =
      stored.kind === 'text'
        ? stored.text.includes('%{')
        : stored.kind === 'list' && stored.elements.some(({ value }) => value.includes('%{'));
    if (isOne) names.push(name);
  }
  return names;
}

/** Names set in a filter, in the order in which Dovecot goes through its own tables. */
function inOrderOfStructs(filter: Filter, names: readonly ByteString[]): ByteString[] {
  const rank = (name: ByteString) => {
    const { structs } = filter.table;
    const first = filter.table.findSetting(name)?.structs[0] ?? structs.length;
    return { first, member: structs[first]?.members.findIndex((member) => member.name === name) ?? 0 };
  };
  return names
    .map((name) => ({ name, ...rank(name) }))
    .sort((a, b) => a.first - b.first || a.member - b.member)
    .map(({ name }) => name);
}

function textsOf(filter: Filter, name: ByteString): { text: ByteString; origin: Origin | null }[] {
  const stored = filter.values.get(name);
  if (stored === undefined || stored.kind === 'names') return [];
  if (stored.kind === 'list') return stored.elements.map(({ value, origin }) => ({ text: value, origin }));
  // Of a file only the path is looked at.
  const text =
    filter.table.findSetting(name)?.type === 'file' ? (stored.text.split('\n', 1)[0] ?? '') : stored.text;
  return [{ text, origin: stored.origin }];
}

function problemOf(
  name: ByteString,
  text: ByteString,
  error: ByteString,
  origin: Origin | null,
): ConfigProblem {
  return {
    kind: 'variable-syntax',
    severity: 'error',
    place: origin,
    dovecot: { message: `Panic: ${text}: ${error}`, stage: 'doveconf' },
    message: `the expression in the value of ${name} cannot be read (${error})`,
    subject: { name, value: text },
  };
}
