import { lineError } from '../load-input.js';
import { isInNetwork, type Network } from '../network.js';
import type { ConfigProblem } from '../problem.js';
import type { Builder } from './builder.js';
import type { Filter, FilterMask } from './filter.js';
import { mergeFilters } from './merge.js';
import { settingText } from './statement-value.js';

const LIMITS_FROM_GLOBAL = [
  ['service_process_limit', 'default_process_limit'],
  ['service_client_limit', 'default_client_limit'],
  ['service_idle_kill_interval', 'default_idle_kill_interval'],
  ['service_vsz_limit', 'default_vsz_limit'],
] as const;

/** Built-in limits of services come from the global `default_*` settings, where nothing sets them globally. */
export function addServiceLimits(builder: Builder): void {
  const { tree } = builder;
  const { section } = builder;
  const root = builder.openAt(tree.root);
  for (const [key, source] of LIMITS_FROM_GLOBAL) {
    if (section.filter.values.has(key)) continue;
    const text = settingText(root, source, false);
    builder.inDefaults = true;
    builder.origin = null;
    builder.section = builder.openAt(tree.defaults);
    builder.apply(key, text);
    builder.inDefaults = false;
    builder.section = section;
  }
}

/** Group filters by `@label` and name. */
function groupsOf(filters: readonly Filter[]): Map<string, Map<string, Filter>> {
  const groups = new Map<string, Map<string, Filter>>();
  for (const filter of filters) {
    if (!filter.isGroup) continue;
    const label = filter.kindName.slice(1);
    const names = groups.get(label) ?? new Map<string, Filter>();
    groups.set(label, names);
    if (!names.has(filter.sectionName)) names.set(filter.sectionName, filter);
  }
  return groups;
}

/** Every `@label = name` must lead to a group. Dovecot 2.4.1 config-parser.c `config_parse_finish_includes`. */
export function checkGroups(filters: readonly Filter[]): ConfigProblem[] {
  const groups = groupsOf(filters);
  const problems: ConfigProblem[] = [];
  for (const filter of filters) {
    for (const use of filter.groups) {
      const names = groups.get(use.label);
      if (names?.has(use.name) === true) continue;
      const text =
        names === undefined ? `Unknown group label @${use.label}` : `Unknown group @${use.label}=${use.name}`;
      problems.push({
        kind: 'unknown-section',
        severity: 'error',
        place: { source: use.origin.source, span: use.origin.span },
        dovecot: { message: lineError(use.origin.source, use.origin.line, text), stage: 'doveconf' },
        message: text,
        subject: { name: `@${use.label}`, value: use.name },
        suggestions: [...(names ?? groups).keys()],
      });
    }
  }
  return problems;
}

/** Copies the settings of used groups into the filters that use them; what is set there stays. */
export function expandGroups(builder: Builder): void {
  const groups = groupsOf(builder.tree.all);
  for (let i = 0; i < builder.tree.all.length; i++) {
    const filter = builder.tree.all[i];
    if (filter === undefined) continue;
    for (const use of filter.groups) {
      const group = groups.get(use.label)?.get(use.name);
      // Dovecot stops at the first one that it does not find.
      if (group === undefined) return;
      mergeFilters(builder.tree, filter, group, { drop: false, overwrite: false });
    }
    filter.groups.length = 0;
  }
}

/** Does `mask` let the connection through: yes, no, or not to be said as the connection's side is not known. */
export function matchMask(mask: FilterMask, question: FilterMask): 'yes' | 'no' | 'unknown' {
  let unknown = false;
  if (mask.protocol !== undefined) {
    if (question.protocol === undefined) unknown = true;
    else if (
      mask.protocol.startsWith('!')
        ? question.protocol === mask.protocol.slice(1)
        : question.protocol !== mask.protocol
    )
      return 'no';
  }
  if (mask.localName !== undefined) {
    if (question.localName === undefined) unknown = true;
    else if (!matchesName(question.localName, mask.localName)) return 'no';
  }
  const remote = matchNetwork(mask.remote, question.remote);
  const local = matchNetwork(mask.local, question.local);
  if (remote === 'no' || local === 'no') return 'no';
  return unknown || remote === 'unknown' || local === 'unknown' ? 'unknown' : 'yes';
}

function matchNetwork(network: Network | undefined, asked: Network | undefined): 'yes' | 'no' | 'unknown' {
  if (network === undefined || network.bits === 0) return 'yes';
  if (asked === undefined || asked.bits === 0) return 'unknown';
  return asked.address === null || !isInNetwork(asked.address, network) ? 'no' : 'yes';
}

/** `*.example.org` stands for one level of names. Dovecot 2.4.1 dns-util.c `dns_match_wildcard`. */
function matchesName(name: string, pattern: string): boolean {
  const lower = name.toLowerCase();
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith('*.')) return lower === wanted;
  const dot = lower.indexOf('.');
  return dot > 0 && lower.slice(dot + 1) === wanted.slice(2);
}

/** `doveconf -f`: what matches goes into its parent, what cannot match goes away. */
export function applyDumpFilter(builder: Builder, question: FilterMask): void {
  const { all } = builder.tree;
  const promotes = builder.rules.fillsGroupsAtUse;
  for (let i = 2; i < all.length; i++) {
    const filter = all[i];
    if (filter === undefined) continue;
    const match = matchMask(filter.mask, question);
    if (match === 'unknown' || filter.mask.name !== undefined) continue;
    if (match === 'no' || filter.parent === null) filter.dropped = true;
    else
      mergeFilters(builder.tree, filter.parent, filter, { drop: true, overwrite: true, explicit: promotes });
  }
}

/** A copy of the tree's last word for names-only output: built-in values become the root's own. */
export function mergeDefaults(builder: Builder): void {
  const { tree } = builder;
  mergeFilters(tree, tree.root, tree.defaults, { drop: false, overwrite: false });
}
