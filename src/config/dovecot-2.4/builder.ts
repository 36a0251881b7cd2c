import type { ByteString } from '../../../grammar/bytes.js';
import { parseVariables24 } from '../../../grammar/variables-2.4/parser.js';
import type { HostLookup } from '../host.js';
import type { Origin } from '../origin.js';
import type { ConfigProblemKind } from '../problem.js';
import { type Filter, FilterTree, type ListValue, type StoredValue } from './filter.js';
import { appendElement, clearList, createList, setElement } from './list-value.js';
import { escapeSectionName, unescapeSectionName } from './section-name.js';
import type { SettingDefinition, SettingsTable } from './settings-table.js';
import { unknownSettingText } from './unknown-setting.js';
import { checkValue, isCheckable, parseBoolean, parseListText } from './value-syntax.js';
import { rulesOf, type VersionRules } from './version-rules.js';

/** How a configuration is read. */
export interface BuildMode {
  /** `F_key` is kept inside `F { }`, as `doveconf` shows it; the servers keep it outside. */
  readonly prefixesInFilters: boolean;
  /** Variables and `<file` are expanded. */
  readonly expand: boolean;
  /** As the servers read it, with the paths of files instead of their content. */
  readonly served: boolean;
}

/** One open `{`. */
export interface OpenSection {
  readonly parent: OpenSection | null;
  /** Of a list setting: its name, which its elements are keyed by. */
  readonly key: ByteString | null;
  filter: Filter;
  isFilter: boolean;
  /** The filter setting that this section opened. */
  definition: SettingDefinition | null;
  readonly origin: Origin | null;
}

/** What Dovecot says against a statement. */
export class Refused extends Error {
  readonly kind: ConfigProblemKind;
  constructor(kind: ConfigProblemKind, text: ByteString) {
    super(text);
    this.kind = kind;
  }
}

/** Reads the content of a `file` setting; throws `Refused`. */
export type FileReader = (path: ByteString, origin: Origin | null) => ByteString;

/** Where a setting went. */
export interface Applied {
  readonly fullKey: ByteString;
  readonly atRoot: boolean;
}

const NOT_IN_GROUPS = new Set(['import_environment', 'base_dir', 'dovecot_storage_version']);

/**
 * Puts settings into filters: name resolution, merging, lists and value checks of Dovecot 2.4.1 config-parser.c.
 * A wrong statement throws `Refused` and leaves what was read before as it was.
 */
export class Builder {
  readonly tree: FilterTree;
  readonly mode: BuildMode;
  section: OpenSection;
  /** Built-in values are being set. */
  inDefaults = false;
  /** Place of the statement at work; null for built-in values. */
  origin: Origin | null = null;
  /** 2.4.5: how the value at work is written. */
  isReference = false;
  marker: ByteString | null = null;
  readonly rules: VersionRules;
  readonly #readFile: FileReader;

  /** `lookUp`: asked for the hosts that `local` and `remote` name; undefined: they stay as they are. */
  constructor(
    table: SettingsTable,
    mode: BuildMode,
    readFile: FileReader,
    readonly lookUp: HostLookup | undefined,
  ) {
    this.tree = new FilterTree(table);
    this.rules = rulesOf(table.version);
    this.mode = mode;
    this.#readFile = readFile;
    this.section = this.openAt(this.tree.root);
  }

  /** A bottom section at the given filter. */
  openAt(filter: Filter): OpenSection {
    return { parent: null, key: null, filter, isFilter: false, definition: null, origin: null };
  }

  /** `key = value`, with `/` paths and the prefixes of the open filters. `line`: the key as the file writes it. */
  apply(
    keyWithPath: ByteString,
    value: ByteString,
    line: ByteString | null = null,
    autoprefix = true,
  ): Applied {
    const { filter, key } = this.#enterPath(this.section.filter, keyWithPath);
    const name = filter.mask.name;
    if (name !== undefined && filter.mask.isList === true) {
      const longKey = `${withoutGroupMark(name.replaceAll('/', '_'))}_${key}`;
      if (this.tree.table.isPrefixable(longKey) && this.#set(filter, longKey, value, line))
        return applied(longKey, filter);
    }
    if (name !== undefined && autoprefix) {
      const filterKey = withoutGroupMark(filter.kindName);
      let target = filter;
      let longKey = `${filterKey}_${key}`;
      if (filter.mask.isList !== true && !this.mode.prefixesInFilters && filter.parent !== null) {
        target = filter.parent;
        if (key.startsWith(`${filterKey}_`)) longKey = key;
      }
      if (this.tree.table.isPrefixable(longKey) && this.#set(target, longKey, value, line))
        return applied(longKey, target);
    }
    if (this.#set(filter, key, value, line)) return applied(key, filter);
    throw new Refused('unknown-setting', unknownSettingText(this.section.filter, key));
  }

  /** Follows `service/imap/` and `auth_policy/`, and in doveconf's reading the named filter that a key belongs to. */
  #enterPath(start: Filter, keyWithPath: ByteString): { filter: Filter; key: ByteString } {
    let filter = start;
    let key = keyWithPath;
    for (;;) {
      for (let slash = key.indexOf('/'); slash !== -1; slash = key.indexOf('/')) {
        const first = key.slice(0, slash);
        const definition = this.tree.table.findSettingOfKey(first);
        if (definition === undefined) break;
        const second = definition.type === 'list_filter' ? key.indexOf('/', slash + 1) : -1;
        const isList = second !== -1;
        const mask = { name: isList ? key.slice(0, second) : first, isList };
        const known = this.tree.find(filter, mask, this.inDefaults);
        if (known === undefined && definition.type !== 'filter' && definition.type !== 'list_filter') break;
        filter = known ?? this.tree.create(filter, mask, this.inDefaults, this.origin);
        key = key.slice((isList ? second : slash) + 1);
      }
      if (!this.mode.prefixesInFilters) return { filter, key };
      const prefix = this.tree.table.filterOfKey(key);
      if (prefix === null || filter.mask.name?.replaceAll('/', '_') === prefix) return { filter, key };
      key = `${prefix}/${key}`;
    }
  }

  /** Sets a key by its full name; false: there is no such setting. */
  #set(filter: Filter, key: ByteString, value: ByteString, line: ByteString | null): boolean {
    const required = this.section.definition?.required;
    if (required != null && key === required) filter.requiredSeen = true;
    const definition = this.tree.table.findSettingOfKey(key);
    if (definition === undefined) return false;
    if (NOT_IN_GROUPS.has(definition.name) && filter.isInGroup)
      throw new Refused('wrong-place', `${definition.name} cannot currently be defined inside groups`);
    if (definition.type === 'alias')
      // The program aborts here (observed 2.4.1, 2.4.5).
      throw new Refused(
        'wrong-place',
        `Panic: file config-parser.c: line ${this.rules.aliasLine}: unreached`,
      );
    const wrong = checkValue(definition, value, this.mode.expand);
    if (wrong !== null && this.inDefaults) {
      // 2.4.5: what is built in as empty where nothing may be empty is no default at all.
      if (value === '') return true;
    } else if (wrong !== null && !this.isReference && this.marker === null)
      throw new Refused(wrong.kind, wrong.error);
    if (this.rules.checksExpressions && !this.inDefaults) this.#checkWritten(definition, key, value);
    const stored = this.#store(filter, definition, key, value, line);
    stored.explicit ||= !this.inDefaults;
    if (stored.ofGroup) delete stored.ofGroup;
    if (this.tree.table.isAuthSetting(definition) && filter.isInLocalOrRemote)
      throw new Refused('wrong-place', `Auth settings not supported inside local/remote blocks: ${key}`);
    return true;
  }

  /** Dovecot 2.4.5 config-parser.c config_apply_exact_line(), settings_value_check_vars() */
  #checkWritten(definition: SettingDefinition, key: ByteString, value: ByteString): void {
    const { type } = definition;
    const isList = type === 'strlist' || type === 'boollist' || type === 'list_filter';
    if (this.marker !== null) {
      if (isList)
        throw new Refused('wrong-place', `Heredoc syntax is not supported for list settings: ${key}`);
      if (type !== 'str' && type !== 'str_novars' && type !== 'file')
        throw new Refused('wrong-place', `Heredoc syntax is not supported for this setting: ${key}`);
      return;
    }
    if (this.isReference && type === 'list_filter')
      throw new Refused('wrong-place', `Named list filter name must not contain $SET: ${value}`);
    if (this.isReference && type === 'file')
      throw new Refused('wrong-place', `File settings must not contain $SET: ${value}`);
    if (this.isReference || type === 'str_novars' || !value.includes('%{')) return;
    if (type === 'boollist' && !key.includes('/') && !parseListText(value).ok) return;
    const { error } = parseVariables24(value);
    if (error !== null) throw new Refused('variable-syntax', `${value}: ${error.message}`);
  }

  #store(
    filter: Filter,
    definition: SettingDefinition,
    key: ByteString,
    value: ByteString,
    line: ByteString | null,
  ): StoredValue {
    const known = filter.values.get(definition.name);
    switch (definition.type) {
      case 'strlist':
      case 'boollist':
        return this.#storeList(filter, definition, key, value);
      case 'list_filter': {
        if (value.startsWith('__'))
          throw new Refused(
            'invalid-section-name',
            `Named list filter name must not begin with '__': ${value}`,
          );
        if (line !== null)
          throw new Refused('wrong-place', `Setting is a named list filter, use '${line} ${value} {'`);
        const names = value.split(/[,\t ]/).map(unescapeSectionName);
        if (known?.kind === 'names') {
          known.names.push(...names);
          return known;
        }
        return this.#keep(filter, definition, { kind: 'names', names, origin: this.origin, explicit: false });
      }
      default: {
        const text = definition.type === 'file' ? this.#fileText(value) : value;
        const { origin } = this;
        if (known?.kind === 'text' && !this.rules.looksUpLate) {
          known.text = text;
          known.origin = origin;
          return known;
        }
        const explicit = known?.explicit === true;
        const stored: StoredValue = { kind: 'text', text, origin, explicit };
        if (this.isReference) stored.isReference = true;
        if (this.marker !== null) stored.marker = this.marker;
        return this.#keep(filter, definition, stored);
      }
    }
  }

  #keep(filter: Filter, definition: SettingDefinition, value: StoredValue): StoredValue {
    filter.values.set(definition.name, value);
    return value;
  }

  #fileText(value: ByteString): ByteString {
    if (this.marker !== null) return `\n${value}`;
    if (value.startsWith('inline:')) return `\n${value.slice('inline:'.length)}`;
    if (value === '' || !this.mode.expand || value.includes('%{')) return value;
    return this.#readFile(value, this.origin);
  }

  #storeList(filter: Filter, definition: SettingDefinition, key: ByteString, value: ByteString): ListValue {
    const slash = key.indexOf('/');
    if (slash === -1) return this.#replaceList(filter, definition, key, value);
    if (definition.type === 'boollist' && !this.isReference && isCheckable(value, this.mode.expand)) {
      const parsed = parseBoolean(value);
      if (!parsed.ok) throw new Refused('invalid-boolean', parsed.error);
    }
    let list = listOf(filter, definition.name);
    if (list === null) {
      list = createList(this.origin);
      // A block starts from the built-in elements of the same place.
      const builtIn = filter.isDefault ? undefined : this.tree.defaultsFor(filter);
      const elements = builtIn === undefined ? null : listOf(builtIn, definition.name);
      for (const element of elements?.elements ?? []) appendElement(list, element.key, element.value, null);
      filter.values.set(definition.name, list);
    }
    const element = setElement(list, this.#elementKey(key.slice(slash + 1)), value, this.origin);
    if (this.isReference) element.isReference = true;
    return list;
  }

  #replaceList(filter: Filter, definition: SettingDefinition, key: ByteString, value: ByteString): ListValue {
    let elements: readonly ByteString[] = [];
    if (definition.type === 'boollist') {
      const parsed = parseListText(value);
      if (!parsed.ok) throw new Refused('invalid-list', parsed.error);
      elements = parsed.value;
    } else if (value !== '') {
      throw new Refused('invalid-list', `Setting is a string list, use '${key} {'`);
    }
    const list = listOf(filter, definition.name) ?? createList(this.origin);
    clearList(list);
    for (const element of elements) appendElement(list, this.#elementKey(element), 'yes', this.origin);
    list.replaced = true;
    list.origin = this.origin;
    filter.values.set(definition.name, list);
    return list;
  }

  /** 2.4.5: read as a value with variables is, whose words one blank parts. */
  #elementKey(key: ByteString): ByteString {
    return this.rules.looksUpLate && key.includes(' ') ? key.split(/ [\t\n\v\f\r ]*/).join(' ') : key;
  }

  /** Adds `NAME` to a named list filter's names at the open level. */
  applyName(key: ByteString, name: ByteString): void {
    this.apply(key, escapeSectionName(name));
  }
}

function listOf(filter: Filter, name: ByteString): ListValue | null {
  const stored = filter.values.get(name);
  return stored?.kind === 'list' ? stored : null;
}

function applied(fullKey: ByteString, filter: Filter): Applied {
  return { fullKey, atRoot: filter.isRoot && !filter.isDefault };
}

function withoutGroupMark(key: ByteString): ByteString {
  return key.startsWith('@') ? key.slice(1) : key;
}
