import { rows23191 } from '../../knowledge/rows-2.3.19.1.js';
import { rows23211 } from '../../knowledge/rows-2.3.21.1.js';
import type { Version23 } from '../../knowledge/versions.js';

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
  /** Whether lists of sections and string lists are among them. */
  readonly hasLists: boolean;
  readonly hasStrings: boolean;
  /** Setting that holds the section's name. */
  readonly nameSetting: string | null;
  /** Of the root: the built-in sections of its lists, by list name. */
  readonly builtIn: ReadonlyMap<string, ReadonlyMap<string, BuiltIn>>;
}

/** Values of a built-in section that differ from the plain defaults, and its own built-in sections. */
export interface BuiltIn {
  readonly name: string;
  readonly defaults: Readonly<Record<string, string | null>>;
  /** By list name, then by escaped section name in the program's order. */
  readonly lists: Map<string, Map<string, BuiltIn>>;
}

interface MutableSection {
  path: string;
  settings: Map<string, SettingDefinition>;
  aliases: Set<string>;
  hasLists: boolean;
  hasStrings: boolean;
  nameSetting: string | null;
  builtIn: SectionTable['builtIn'];
}

const GENERATED = { '2.3.19.1': rows23191, '2.3.21.1': rows23211 } as const;

type Generated = ReturnType<(typeof GENERATED)[Version23]>;

const tables = new Map<Version23, SectionTable>();

/** The global settings of a version, built at the first use. */
export function settingsTable(version: Version23): SectionTable {
  let table = tables.get(version);
  if (table === undefined) {
    table = buildSections(GENERATED[version]());
    tables.set(version, table);
  }
  return table;
}

function emptySection(path: string, builtIn: SectionTable['builtIn']): MutableSection {
  return {
    path,
    settings: new Map(),
    aliases: new Set(),
    hasLists: false,
    hasStrings: false,
    nameSetting: null,
    builtIn,
  };
}

const NO_TEXTS: readonly string[] = [];
const NO_SECTIONS: SectionTable['builtIn'] = new Map();

function buildSections({ SETTINGS_2_3, SERVICES_2_3 }: Generated): SectionTable {
  const root = emptySection('', builtInServices(SERVICES_2_3));
  const sections = new Map<string, MutableSection>([['', root]]);
  const aliases: [MutableSection, string, string][] = [];
  const moduleLists = new Map<string, readonly string[]>();
  const modulesOf = (text: string) => {
    let list = moduleLists.get(text);
    if (list === undefined) {
      list = text === '' ? [] : text.split(' ');
      moduleLists.set(text, list);
    }
    return list;
  };
  // Every start comes through here: rows are read by index, which is cheaper than taking them apart.
  for (const row of SETTINGS_2_3) {
    const path = row[0];
    const type = row[1];
    if (typeof path !== 'string') continue;
    const slash = path.lastIndexOf('/');
    const parent = slash === -1 ? root : sections.get(path.slice(0, slash));
    if (parent === undefined) continue;
    const name = slash === -1 ? path : path.slice(slash + 1);
    const text = row[2] ?? null;
    const modules = modulesOf(row[3] ?? '');
    const flags = row[4] ?? '';
    const hidden = flags.includes('h');
    if (flags.includes('n')) parent.nameSetting = name;
    if (type === 'alias') aliases.push([parent, name, text ?? '']);
    else if (type === 'strlist') {
      parent.hasStrings = true;
      parent.settings.set(name, { kind: 'strings', name, modules, hidden });
    } else if (type === 'deflist' || type === 'deflist_unique') {
      const section = emptySection(path, NO_SECTIONS);
      sections.set(path, section);
      const unique = type === 'deflist_unique';
      parent.hasLists = true;
      parent.settings.set(name, { kind: 'list', name, modules, hidden, unique, section });
    } else if (isValueType(type)) {
      const allowed = row[5] ? row[5].split(':') : NO_TEXTS;
      const otherDefaults = row.length > 6 ? row.slice(6).map((one) => one ?? '') : NO_TEXTS;
      parent.settings.set(name, {
        kind: 'value',
        name,
        modules,
        hidden,
        type,
        default: text,
        allowed,
        otherDefaults,
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

function builtInServices(services: Generated['SERVICES_2_3']): SectionTable['builtIn'] {
  const root: BuiltIn = { name: '', defaults: {}, lists: new Map() };
  for (const [path, defaults] of services) {
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
