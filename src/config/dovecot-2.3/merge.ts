import type { ByteString } from '../../../grammar/bytes.js';
import { type FilterQuery, isSuperset } from './filter.js';
import { createNode, isRenamed, type Layer, listOf, type SectionNode, sectionName } from './layer.js';
import type { ListSetting } from './settings-table.js';
import { matchingLayers } from './view.js';

export type Merged =
  | { readonly conflict: null; readonly root: SectionNode }
  | { readonly conflict: ByteString; readonly root: SectionNode };

/** All layers that match, as one (Dovecot 2.3.19.1 config-filter.c config_filter_parsers_get()). */
export function mergeLayers(layers: readonly Layer[], query: FilterQuery): Merged {
  return mergeMatching(matchingLayers(layers, query));
}

/** Layers with the most specific one first. */
function mergeMatching(matching: readonly Layer[]): Merged {
  const [first, ...rest] = matching;
  if (first === undefined) throw new Error('the global settings always match');
  if (rest.length === 0) return { conflict: null, root: first.root };
  const root = copyNode(first.root);
  let inner = first;
  for (const layer of rest) {
    // A more general filter of the same kind may set the same; another kind of filter may not.
    const mayConflict = !isSuperset(layer.filter, inner.filter);
    const key = applyNode(root, layer.root, mayConflict);
    if (key !== null)
      return { conflict: `Conflict in setting ${key} found from filter at ${layer.fileAndLine}`, root };
    inner = layer;
  }
  return { conflict: null, root };
}

/** Dovecot's words where two filters of different kinds set the same for one connection; null where they do not. */
export function conflictOf(matching: readonly Layer[]): ByteString | null {
  for (const [index, layer] of matching.entries()) {
    const inner = matching[index - 1];
    if (inner !== undefined && !isSuperset(layer.filter, inner.filter))
      return mergeMatching(matching).conflict;
  }
  return null;
}

/** `unmarked`: as settings_changes_init() copies a section that the more specific filter does not have. */
function copyNode(node: SectionNode, unmarked = false): SectionNode {
  const copy = createNode(node.table, node.builtIn);
  copy.at = node.at;
  for (const [name, stored] of node.values)
    copy.values.set(name, unmarked ? { ...stored, unmarked: true } : stored);
  for (const list of node.lists.values())
    for (const section of list.sections)
      listOf(copy, list.definition).sections.push(copyNode(section, unmarked));
  for (const [name, strings] of node.strings)
    copy.strings.set(name, { kind: 'strings', name, entries: new Map(strings.entries) });
  return copy;
}

/** Adds what `source` sets and `target` does not; gives the setting that both set where that is a conflict. */
function applyNode(target: SectionNode, source: SectionNode, mayConflict: boolean): string | null {
  for (const [name, definition] of source.table.settings) {
    if (source.table.aliases.has(name)) continue;
    switch (definition.kind) {
      case 'value': {
        const stored = source.values.get(name);
        if (stored === undefined) break;
        const known = target.values.get(name);
        if (known === undefined || known.unmarked === true) target.values.set(name, stored);
        else if (mayConflict) return name;
        break;
      }
      case 'strings': {
        const strings = source.strings.get(name);
        if (strings === undefined) break;
        const known = target.strings.get(name);
        if (known === undefined)
          target.strings.set(name, { kind: 'strings', name, entries: new Map(strings.entries) });
        else
          for (const [key, stored] of strings.entries)
            if (!known.entries.has(key)) known.entries.set(key, stored);
        break;
      }
      case 'list': {
        addRenamed(target, source, definition);
        const sections = source.lists.get(name)?.sections;
        if (sections === undefined) break;
        const list = listOf(target, definition);
        const byName = new Map(list.sections.map((section) => [sectionName(section), section] as const));
        for (const section of sections) {
          let known = definition.unique ? byName.get(sectionName(section)) : undefined;
          const isUntouched = !list.sections.some(({ builtIn }) => builtIn === section.builtIn);
          if (known === undefined && section.builtIn !== null && isUntouched && !isRenamed(section)) {
            // Every filter has the built-in sections, also where it does not touch them.
            known = createNode(section.table, section.builtIn);
            known.at = section.at;
            list.sections.push(known);
          }
          if (known === undefined || sectionName(section) === '') {
            // It is one more beside the built-in one of the more specific filter.
            if (isUntouched && section.builtIn !== null)
              list.sections.push(createNode(section.table, section.builtIn));
            list.sections.push(copyNode(section, true));
            continue;
          }
          const conflict = applyNode(known, section, mayConflict);
          if (conflict !== null) return conflict;
        }
      }
    }
  }
  return null;
}

/** A built-in section that `target` has under another name, and `source` under its own, is one more of the list. */
function addRenamed(target: SectionNode, source: SectionNode, definition: ListSetting): void {
  const sections = target.lists.get(definition.name)?.sections ?? [];
  for (const { builtIn } of sections.filter(isRenamed)) {
    if (source.lists.get(definition.name)?.sections.some((section) => section.builtIn === builtIn)) continue;
    const untouched = createNode(definition.section, builtIn);
    if (!sections.some((section) => sectionName(section) === sectionName(untouched)))
      sections.push(untouched);
  }
}
