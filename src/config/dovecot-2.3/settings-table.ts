import { SERVICES_2_3, SETTINGS_2_3 } from '../../knowledge/generated/settings-2.3.19.1.js';

export type ValueType =
  | 'bool'
  | 'uint'
  | 'uint_oct'
  | 'time'
  | 'time_msecs'
  | 'size'
  | 'in_port'
  | 'str'
  | 'str_vars'
  | 'enum';

interface SettingBase {
  readonly name: string;
  readonly modules: readonly string[];
  readonly hidden: boolean;
}

export interface ValueSetting extends SettingBase {
  readonly kind: 'value';
  readonly type: ValueType;
  /** As doveconf prints it; null: no value at all. */
  readonly default: string | null;
  readonly allowed: readonly string[];
  /** Where another module has another default. */
  readonly otherDefaults: readonly string[];
}

/** A list of sections: `passdb`, `userdb` (each block its own), the others unique by name. */
export interface ListSetting extends SettingBase {
  readonly kind: 'list';
  readonly unique: boolean;
  readonly section: SectionTable;
}

/** `plugin`, `dict`. */
interface StringListSetting extends SettingBase {
  readonly kind: 'strings';
}

export type SettingDefinition = ValueSetting | ListSetting | StringListSetting;

export interface SectionTable {
  /** `service/inet_listener`; '' for the root. */
  readonly path: string;
  /** In the order of the program's tables; aliases point at what they stand for. */
  readonly settings: ReadonlyMap<string, SettingDefinition>;
  readonly aliases: ReadonlySet<string>;
  /** Setting that holds the section's name. */
  readonly nameSetting: string | null;
}

/** Values of a built-in section that differ from the plain defaults, and its own built-in sections. */
export interface BuiltIn {
  readonly name: string;
  readonly defaults: Readonly<Record<string, string | null>>;
  /** By list name, then by escaped section name in the program's order. */
  readonly lists: Map<string, Map<string, BuiltIn>>;
}

export interface SettingsTable {
  readonly root: SectionTable;
  /** By list name at the root. */
  readonly builtIn: ReadonlyMap<string, ReadonlyMap<string, BuiltIn>>;
}

interface MutableSection {
  path: string;
  settings: Map<string, SettingDefinition>;
  aliases: Set<string>;
  nameSetting: string | null;
}

let table: SettingsTable | undefined;

/** The settings of 2.3.19.1, built at the first use. */
export function settingsTable(): SettingsTable {
  table ??= { root: buildSections(), builtIn: buildServices() };
  return table;
}

function buildSections(): SectionTable {
  const root: MutableSection = { path: '', settings: new Map(), aliases: new Set(), nameSetting: null };
  const sections = new Map<string, MutableSection>([['', root]]);
  const aliases: [MutableSection, string, string][] = [];
  for (const [path, type, text, modules, flags, allowed, ...others] of SETTINGS_2_3) {
    if (typeof path !== 'string') continue;
    const slash = path.lastIndexOf('/');
    const parent = sections.get(path.slice(0, Math.max(slash, 0)));
    if (parent === undefined) continue;
    const name = path.slice(slash + 1);
    const base = {
      name,
      modules: modules ? modules.split(' ') : [],
      hidden: flags?.includes('h') === true,
    };
    if (flags?.includes('n')) parent.nameSetting = name;
    if (type === 'alias') aliases.push([parent, name, text ?? '']);
    else if (type === 'strlist') parent.settings.set(name, { ...base, kind: 'strings' });
    else if (type === 'deflist' || type === 'deflist_unique') {
      const section: MutableSection = { path, settings: new Map(), aliases: new Set(), nameSetting: null };
      sections.set(path, section);
      parent.settings.set(name, { ...base, kind: 'list', unique: type === 'deflist_unique', section });
    } else if (isValueType(type)) {
      const values = allowed ? allowed.split(':') : [];
      parent.settings.set(name, {
        ...base,
        kind: 'value',
        type,
        default: text ?? null,
        allowed: values,
        otherDefaults: others.map((one) => one ?? ''),
      });
    }
  }
  for (const [section, alias, target] of aliases) {
    const definition = section.settings.get(target);
    if (definition === undefined) continue;
    section.settings.set(alias, definition);
    section.aliases.add(alias);
  }
  return root;
}

function buildServices(): ReadonlyMap<string, ReadonlyMap<string, BuiltIn>> {
  const root: BuiltIn = { name: '', defaults: {}, lists: new Map() };
  for (const [path, defaults] of SERVICES_2_3) {
    const parts = path.split('/');
    let parent = root;
    for (let at = 0; at + 2 < parts.length; at += 2)
      parent = parent.lists.get(parts[at] ?? '')?.get(parts[at + 1] ?? '') ?? parent;
    const list = parts.at(-2) ?? '';
    const name = parts.at(-1) ?? '';
    let instances = parent.lists.get(list);
    if (instances === undefined) {
      instances = new Map();
      parent.lists.set(list, instances);
    }
    instances.set(name, { name, defaults, lists: new Map() });
  }
  return root.lists;
}

function isValueType(type: string | null | undefined): type is ValueType {
  switch (type) {
    case 'bool':
    case 'uint':
    case 'uint_oct':
    case 'time':
    case 'time_msecs':
    case 'size':
    case 'in_port':
    case 'str':
    case 'str_vars':
    case 'enum':
      return true;
    default:
      return false;
  }
}
