import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin, Written } from '../origin.js';
import type { Filter, FilterMask, FilterTree, ListValue, StoredValue } from './filter.js';
import { matchMask } from './finish.js';
import type { SettingDefinition, SettingsTable, StructDefinition } from './settings-table.js';
import {
  isUnlimited,
  type Parsed,
  parseBoolean,
  parseOctal,
  parsePort,
  parseSize,
  parseTime,
  parseUint,
} from './value-syntax.js';

/** Who asks: a connection, and the named filters that are in force (`passdb/sql`, `passdb_sql`, `service/imap-login`). */
export interface Question {
  readonly connection: FilterMask;
  readonly names: ReadonlySet<ByteString>;
}

/** Members of a struct that have a variable: built in, and by the filters that write them. */
interface MembersWithVariables {
  readonly names: ReadonlySet<ByteString>;
  readonly builtIn: readonly SettingDefinition[];
  readonly written: Map<Filter, readonly ByteString[]>;
}

function localNameKey(localName: ByteString): ByteString {
  return `\x01${localName}`;
}

/** The `local_name` filters that a name is inside of: its own, and that of its parent with a star. */
function localNameKeys(localName: ByteString | undefined): ByteString[] {
  if (localName === undefined) return [];
  const lower = localName.toLowerCase();
  const dot = lower.indexOf('.');
  const own = localNameKey(lower);
  return dot > 0 ? [own, localNameKey(`*${lower.slice(dot)}`)] : [own];
}

/** Children of filters by name, so that thousands of sections are not walked at every question. */
export class FilterIndex {
  readonly tree: FilterTree;
  readonly #children = new Map<Filter, { named: Map<ByteString, Filter[]>; others: Filter[] }>();
  readonly #variables = new Map<Filter, readonly ByteString[]>();
  readonly #members = new Map<StructDefinition, MembersWithVariables>();
  readonly #protocols = new Map<ByteString, boolean>();
  #order: Map<Filter, number> | undefined;
  #addressMasks: readonly FilterMask[] | undefined;

  constructor(tree: FilterTree) {
    this.tree = tree;
  }

  #of(filter: Filter): { named: Map<ByteString, Filter[]>; others: Filter[] } {
    let entry = this.#children.get(filter);
    if (entry === undefined) {
      entry = { named: new Map(), others: [] };
      for (const child of filter.children) {
        const { name, localName } = child.mask;
        const key = localName === undefined ? name : localNameKey(localName);
        const list = key === undefined ? entry.others : (entry.named.get(key) ?? []);
        list.push(child);
        if (key !== undefined) entry.named.set(key, list);
      }
      this.#children.set(filter, entry);
    }
    return entry;
  }

  /** Connections of one protocol with the same text are inside of the same filters. */
  addressesOf(connection: FilterMask): string {
    const { localName, local, remote } = connection;
    if (localName === undefined && local === undefined && remote === undefined) return '';
    this.#addressMasks ??= addressMasks(this.tree);
    const asked = withProtocol(connection);
    return this.#addressMasks.map((mask) => (letsThrough(mask, asked) ? '1' : '0')).join('');
  }

  /** Filters at and below `filter` that the question is inside of. */
  #collect(filter: Filter, question: Question, found: Filter[]): void {
    if (filter.outer !== filter.parent && !isInside(filter.outer, question)) return;
    found.push(filter);
    if (filter.children.length === 0) return;
    const { named, others } = this.#of(filter);
    for (const name of question.names)
      for (const child of named.get(name) ?? []) this.#collect(child, question, found);
    for (const key of localNameKeys(question.connection.localName))
      for (const child of named.get(key) ?? []) this.#collect(child, question, found);
    for (const child of others)
      if (letsThrough(child.mask, question.connection)) this.#collect(child, question, found);
  }

  /** Members of a struct that have a variable, built in or in one of the filters: few, and asked for with every section. */
  withVariables(struct: StructDefinition, filters: readonly Filter[]): readonly SettingDefinition[] {
    let known = this.#members.get(struct);
    if (known === undefined) {
      known = {
        names: new Set(struct.members.map(({ name }) => name)),
        builtIn: struct.members.filter(({ text }) => hasVariable(text)),
        written: new Map(),
      };
      this.#members.set(struct, known);
    }
    const { names, builtIn } = known;
    const written: ByteString[] = [];
    for (const filter of filters) {
      let own = known.written.get(filter);
      if (own === undefined) {
        own = this.#namesWithVariables(filter).filter((name) => names.has(name));
        known.written.set(filter, own);
      }
      written.push(...own);
    }
    if (written.length === 0) return builtIn;
    return struct.members.filter(({ name, text }) => written.includes(name) || hasVariable(text));
  }

  #namesWithVariables(filter: Filter): readonly ByteString[] {
    let names = this.#variables.get(filter);
    if (names === undefined) {
      names = [...filter.values].flatMap(([name, value]) => (holdsVariable(value) ? [name] : []));
      this.#variables.set(filter, names);
    }
    return names;
  }

  /** Whether something is set that connections of a protocol see otherwise than those without one. */
  knows(protocol: ByteString): boolean {
    let known = this.#protocols.get(protocol);
    if (known === undefined) {
      known = this.tree.all.some(
        (filter) => (filter.values.size > 0 || filter.groups.length > 0) && tellsApart(filter, protocol),
      );
      this.#protocols.set(protocol, known);
    }
    return known;
  }

  #byOrder(filters: Filter[]): Filter[] {
    this.#order ??= new Map(this.tree.all.map((filter, index) => [filter, index]));
    const order = this.#order;
    if (filters.length < 2) return filters;
    return filters.sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0));
  }

  /** Everything that applies, the most specific first: what comes earlier wins. Dovecot 2.4.1 settings.c. */
  applicable(asked: Question): Filter[] {
    const question = { connection: withProtocol(asked.connection), names: asked.names };
    const own: Filter[] = [];
    const builtIn: Filter[] = [];
    const found: Filter[] = [];
    this.#collect(this.tree.root, question, found);
    for (const filter of found) if (!filter.isInGroup) (filter.isDefault ? builtIn : own).push(filter);
    // Built-in values below a section may hang under the file's own section: their path decides.
    const others: Filter[] = [];
    this.#collect(this.tree.defaults, question, others);
    for (const filter of others) if (filter.isDefault && !filter.isInGroup) builtIn.push(filter);
    const result: Filter[] = [];
    for (const filter of this.#byOrder(own)) {
      result.push(filter);
      if (filter.groups.length > 0) result.push(...this.#grouped(filter, question));
    }
    result.push(...this.#byOrder(builtIn));
    return result;
  }

  #grouped(user: Filter, question: Question): Filter[] {
    const names = new Set(question.names);
    for (const use of user.groups) names.add(`@${use.label}/${use.name}`);
    const found: Filter[] = [];
    for (const start of [this.tree.root, this.tree.defaults])
      for (const name of names)
        if (name.startsWith('@'))
          for (const group of this.#of(start).named.get(name) ?? [])
            this.#collect(group, { ...question, names }, found);
    return this.#byOrder(found);
  }
}

/** `%{...}`, `$ENV:...` or `$SET:...`. */
export function hasVariable(text: ByteString): boolean {
  return text.includes('%{') || text.includes('$');
}

/** Whether a filter, or one around it, lets either connections of a protocol through or those without one. */
function tellsApart(filter: Filter, protocol: ByteString): boolean {
  for (let at: Filter | null = filter; at !== null; at = at.outer) {
    const { mask } = at;
    if (
      mask.protocol !== undefined &&
      letsThrough(mask, { protocol }) !== letsThrough(mask, withProtocol({}))
    )
      return true;
  }
  return false;
}

function holdsVariable(value: StoredValue): boolean {
  if (value.kind === 'text') return hasVariable(value.text);
  return value.kind === 'list' && value.elements.some((element) => hasVariable(element.value));
}

/** What filters ask of the addresses and the name of a connection. */
function addressMasks(tree: FilterTree): readonly FilterMask[] {
  const masks = new Set<FilterMask>();
  for (const filter of tree.all)
    for (let at: Filter | null = filter; at !== null; at = at.outer) {
      const { localName, local, remote } = at.mask;
      if (localName !== undefined || local !== undefined || remote !== undefined) masks.add(at.mask);
    }
  return [...masks];
}

/** Who asks without a protocol is inside of `protocol !imap { }` (observed 2.4.1). */
function withProtocol(connection: FilterMask): FilterMask {
  return connection.protocol === undefined ? { ...connection, protocol: '' } : connection;
}

function letsThrough(mask: FilterMask, connection: FilterMask): boolean {
  return matchMask(mask, connection) === 'yes';
}

/** Whether the question is inside of a filter and all around it. */
function isInside(filter: Filter | null, question: Question): boolean {
  for (let at = filter; at !== null; at = at.outer) {
    const { name } = at.mask;
    if (name === undefined ? !letsThrough(at.mask, question.connection) : !question.names.has(name))
      return false;
  }
  return true;
}

/** The settings as one question sees them. */
export class Scope {
  readonly table: SettingsTable;
  readonly filters: readonly Filter[];

  constructor(table: SettingsTable, filters: readonly Filter[]) {
    this.table = table;
    this.filters = filters;
  }

  /** Text of a plain setting; null: there is no such setting. Content of `file` settings is left out. */
  written(name: ByteString): Written | null {
    const definition = this.table.findSetting(name);
    if (definition === undefined) return null;
    switch (definition.type) {
      case 'boollist':
        return { text: this.list(name).join(' '), origin: this.listOrigin(name) };
      case 'strlist':
        return {
          text: [...this.strings(name)].map(([key, { text }]) => `${key}=${text}`).join(' '),
          origin: this.listOrigin(name),
        };
      case 'list_filter':
        return { text: this.names(name).join(' '), origin: null };
      case 'filter':
        return null;
      default:
        return this.#plain(definition);
    }
  }

  #plain(definition: SettingDefinition): Written {
    for (const filter of this.filters) {
      const stored = filter.values.get(definition.name);
      if (stored?.kind === 'text') return { text: stored.text, origin: stored.origin };
    }
    return { text: definition.text, origin: null };
  }

  text(name: ByteString): ByteString {
    return this.written(name)?.text ?? '';
  }

  origin(name: ByteString): Origin | null {
    return this.written(name)?.origin ?? null;
  }

  #parsed<T>(name: ByteString, parse: (text: ByteString) => Parsed<T>, fallback: T): T {
    const parsed = parse(this.text(name));
    if (parsed.ok) return parsed.value;
    const builtIn = parse(this.table.findSetting(name)?.text ?? '');
    return builtIn.ok ? builtIn.value : fallback;
  }

  boolean(name: ByteString): boolean {
    return this.#parsed(name, parseBoolean, false);
  }

  /** Number, octal mode or port; `unlimited` is Infinity. */
  number(name: ByteString): number {
    const type = this.table.findSetting(name)?.type;
    return this.#parsed(
      name,
      type === 'in_port' ? parsePort : type === 'uint_oct' ? parseOctal : parseUint,
      0,
    );
  }

  size(name: ByteString): number {
    return this.#parsed(name, parseSize, 0);
  }

  /** Milliseconds. */
  time(name: ByteString): number {
    const fine = this.table.findSetting(name)?.type === 'time_msecs';
    return this.#parsed(name, (text) => parseTime(text, fine), 0);
  }

  isUnlimited(name: ByteString): boolean {
    return isUnlimited(this.text(name));
  }

  #lists(name: ByteString): ListValue[] {
    const lists: ListValue[] = [];
    for (const filter of this.filters) {
      const stored = filter.values.get(name);
      if (stored?.kind !== 'list') continue;
      lists.push(stored);
      if (stored.replaced) break;
    }
    return lists;
  }

  listOrigin(name: ByteString): Origin | null {
    return this.#lists(name)[0]?.origin ?? null;
  }

  /** Elements of a list with their value; an inner level's word on an element is final. */
  strings(name: ByteString): Map<ByteString, Written> {
    const elements = new Map<ByteString, Written>();
    for (const list of this.#lists(name))
      for (const { key, value, origin } of list.elements)
        if (!elements.has(key)) elements.set(key, { text: value, origin });
    return elements;
  }

  /** Elements of a boollist that are on. */
  list(name: ByteString): ByteString[] {
    return [...this.strings(name)].filter(([, { text }]) => isOn(text)).map(([key]) => key);
  }

  /** Whether the list was assigned as a whole. */
  isReplaced(name: ByteString): boolean {
    return this.#lists(name).some((list) => list.replaced && list.explicit);
  }

  /** Names of a named list filter's sections: the least specific level's first. */
  names(name: ByteString): ByteString[] {
    const found: ByteString[] = [];
    for (const filter of [...this.filters].reverse()) {
      const stored = filter.values.get(name);
      if (stored?.kind === 'names') found.push(...stored.names);
    }
    // Named by an inner filter, too: at its place there. Dovecot 2.4.1 settings-parser.c SETTINGS_PARSER_FLAG_INSERT_FILTERS
    return [...new Set(found.reverse())].reverse();
  }
}

function isOn(text: ByteString): boolean {
  const parsed = parseBoolean(text);
  return parsed.ok && parsed.value;
}
