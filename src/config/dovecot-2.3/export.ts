import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import {
  builtInsOf,
  createNode,
  defaultText,
  escapeSectionName,
  firstOfEachBuiltIn,
  type SectionNode,
  type Stored,
  sectionName,
} from './layer.js';
import type { WantsSetting } from './modules.js';
import type { ListSetting, SettingDefinition, ValueSetting } from './settings-table.js';

export type ExportScope = 'all-with-hidden' | 'all' | 'set' | 'changed';

/** One line of `doveconf -S`: what the other forms of output are made of (Dovecot config-request.c). */
export interface ExportEntry {
  /** `service/imap-login/inet_listener/imap/port`. */
  readonly path: string;
  readonly value: ByteString;
  /** `list`: names of a list's sections, or '' for a string list. `name`: the name of a unique section. */
  readonly kind: 'value' | 'list' | 'name';
  readonly origin: Origin | null;
}

export interface ExportQuestion {
  readonly scope: ExportScope;
  /** Unset values of unique sections count as defaults (all forms but `-S`). */
  readonly hideListDefaults: boolean;
  /** Settings of these modules only; null: of all. */
  readonly wants: WantsSetting;
  /** Of the wanted modules, where they differ: defaults of global settings, the one that counts first. */
  readonly defaults?: ReadonlyMap<string, readonly ByteString[]> | undefined;
}

/** A question with what was found on the way. */
interface Asked extends ExportQuestion {
  /** Whether a list has two sections of one name. */
  readonly repeated: { isThere: boolean };
}

/** All settings of a layer (or of merged layers) that the question wants, in the order of the tables. */
export function exportSettings(root: SectionNode, question: ExportQuestion): ExportEntry[] {
  const entries: ExportEntry[] = [];
  const repeated = { isThere: false };
  exportNode(root, '', false, { ...question, repeated }, entries);
  if (!repeated.isThere) return entries;
  // Sections that a changed name made equal: the first value of each path counts.
  const seen = new Set<string>();
  return entries.filter(({ path }) => !seen.has(path) && seen.add(path));
}

function exportNode(
  node: SectionNode,
  prefix: string,
  inUnique: boolean,
  question: Asked,
  entries: ExportEntry[],
): void {
  const { path, settings } = node.table;
  const mayBeUnset = path !== '' && (inUnique || node.builtIn !== null);
  if (mayBeUnset || !question.hideListDefaults || question.scope.startsWith('all')) {
    for (const [name, definition] of settings)
      if (name === definition.name) exportSetting(node, definition, prefix, inUnique, question, entries);
    return;
  }
  // Of the global settings of a filter, and of a section whose defaults are the table's, only what is set there may be
  // printed at all. Sorting comes later.
  const exportTouched = (_: unknown, name: string) => {
    const definition = settings.get(name);
    if (definition !== undefined) exportSetting(node, definition, prefix, inUnique, question, entries);
  };
  node.values.forEach(exportTouched);
  if (node.lists.size > 0) node.lists.forEach(exportTouched);
  if (node.strings.size > 0) node.strings.forEach(exportTouched);
}

function exportSetting(
  node: SectionNode,
  definition: SettingDefinition,
  prefix: string,
  inUnique: boolean,
  question: Asked,
  entries: ExportEntry[],
): void {
  const { table } = node;
  const { name } = definition;
  if (table.path === '' && !question.wants(definition.modules, name)) return;
  switch (definition.kind) {
    case 'value': {
      const stored = node.values.get(name);
      const value = exportedValue(node, definition, stored, inUnique, question);
      if (value === null) return;
      const kind = inUnique && name === table.nameSetting ? 'name' : 'value';
      entries.push({ path: prefix + name, value, kind, origin: stored?.origin ?? null });
      return;
    }
    case 'strings': {
      const strings = node.strings.get(name);
      if (strings === undefined) return;
      const path = prefix + name;
      entries.push({ path, value: '', kind: 'list', origin: null });
      for (const [key, stored] of strings.entries)
        entries.push({ path: `${path}/${key}`, value: stored.text, kind: 'value', origin: stored.origin });
      return;
    }
    case 'list':
      exportList(node, definition, prefix, question, entries);
  }
}

function exportList(
  node: SectionNode,
  definition: ListSetting,
  prefix: string,
  question: Asked,
  entries: ExportEntry[],
): void {
  const needsUntouched = !question.hideListDefaults || question.scope.startsWith('all');
  const sections = orderedSections(node, definition, needsUntouched);
  if (sections.length === 0) return;
  const names = sections.map(({ section, index }) => exportedName(section, definition, index));
  if (definition.unique && new Set(names).size < names.length) question.repeated.isThere = true;
  const path = prefix + definition.name;
  entries.push({ path, value: names.join(' '), kind: 'list', origin: null });
  sections.forEach(({ section }, at) => {
    exportNode(section, `${path}/${names[at]}/`, definition.unique, question, entries);
  });
}

/** The sections of a list: the built-in ones first, then those of the file, with their numbers in Dovecot's list. */
function orderedSections(
  node: SectionNode,
  definition: ListSetting,
  withUntouched: boolean,
): { section: SectionNode; index: number }[] {
  const touched = node.lists.get(definition.name)?.sections ?? [];
  const ordered: { section: SectionNode; index: number }[] = [];
  let index = 0;
  const builtIns = builtInsOf(node, definition);
  const byBuiltIn = firstOfEachBuiltIn(touched);
  if (builtIns !== undefined) {
    for (const builtIn of builtIns.values()) {
      const section = byBuiltIn.get(builtIn);
      if (section !== undefined) ordered.push({ section, index });
      else if (withUntouched) ordered.push({ section: createNode(definition.section, builtIn), index });
      index++;
    }
  }
  for (const section of touched)
    if (section.builtIn === null || byBuiltIn.get(section.builtIn) !== section)
      ordered.push({ section, index: index++ });
  return ordered;
}

function exportedName(section: SectionNode, definition: ListSetting, index: number): string {
  if (!definition.unique) return String(index);
  const name = sectionName(section);
  return name === '' ? String(index) : escapeSectionName(name);
}

/** null: not printed. */
function exportedValue(
  node: SectionNode,
  definition: ValueSetting,
  stored: Stored | undefined,
  inUnique: boolean,
  question: ExportQuestion,
): ByteString | null {
  const { name } = definition;
  const changed = stored !== undefined && stored.unmarked !== true;
  const own = node.table.path === '' ? question.defaults?.get(name) : undefined;
  const value = stored === undefined ? (own?.[0] ?? defaultText(node, name)) : stored.text;
  if (value === null) return null;
  let always = question.scope === 'all-with-hidden' || (question.scope === 'all' && !definition.hidden);
  if (!always && question.scope !== 'changed') always = changed;
  let standard = own?.[0] ?? definition.default;
  if (inUnique && question.hideListDefaults) {
    if (changed) always = true;
    else if (name !== node.table.nameSetting) {
      // Compared with itself, which fails for the marked text of str_vars (observed: `prefix = `, `location = `).
      standard = definition.type === 'str_vars' ? null : value;
    }
  }
  const isText = definition.type === 'str' || definition.type === 'str_vars';
  if (always) return value === '' && !isText ? null : value;
  // A value that the list of allowed ones begins with counts as the default (`return` for `return-ok`, observed).
  if (definition.type === 'enum' && standard === definition.default)
    return definition.allowed.join(':').startsWith(value) ? null : value;
  const others = own === undefined ? definition.otherDefaults : own.slice(1);
  if (changed && others.length > 0 && differsElsewhere(others, value)) return value;
  return value === standard ? null : value;
}

/** Whether another module's default is another one. */
function differsElsewhere(others: readonly string[], value: ByteString): boolean {
  return others.some((other) => other !== value);
}
