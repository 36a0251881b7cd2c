import type { ByteString } from '../../../grammar/bytes.js';
import { Refused } from './builder.js';
import type { Filter, FilterTree } from './filter.js';

/**
 * Takes the settings of `@label = name` over into a filter that uses it; what is set there stays (Dovecot 2.4.5
 * config-parser.c config_parser_include_merge()). Throws `Refused` where there is no such group.
 */
export function fillGroup(tree: FilterTree, filter: Filter, label: ByteString, name: ByteString): void {
  const groups = tree.all.filter(({ isGroup, kindName }) => isGroup && kindName === `@${label}`);
  if (groups.length === 0) throw new Refused('unknown-section', `Unknown group label @${label}`);
  const group = groups.find(({ sectionName }) => sectionName === name);
  if (group === undefined) throw new Refused('unknown-section', `Unknown group @${label}=${name}`);
  copyValues(filter, group);
  for (const child of group.children) {
    const parent = filter.isDefault === child.isDefault ? filter : (tree.twinOf(filter) ?? filter);
    fillChild(tree, parent, child);
  }
}

function fillChild(tree: FilterTree, parent: Filter, source: Filter): void {
  const target =
    tree.find(parent, source.mask, parent.isDefault) ??
    tree.create(parent, source.mask, parent.isDefault, source.origin);
  target.requiredSeen ||= source.requiredSeen;
  copyValues(target, source);
  for (const child of source.children) fillChild(tree, target, child);
}

function copyValues(target: Filter, source: Filter): void {
  for (const [name, value] of source.values)
    if (!target.values.has(name)) target.values.set(name, { ...value, explicit: false, ofGroup: true });
}
