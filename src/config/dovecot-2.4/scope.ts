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

// What runs thousands of times at every start counts its steps or hands on a function: V8's interpreter makes an object
// for each step of `for ... of`, and cleaning up after them is felt.

/** Who asks: a connection, and the named filters that are in force (`passdb/sql`, `passdb_sql`, `service/imap-login`), each once. */
export interface Question {
  readonly connection: FilterMask;
  readonly names: readonly ByteString[];
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
function localNameKeys(localName: ByteString): ByteString[] {
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
      const { named, others } = entry;
      filter.children.forEach((child) => {
        const { name, localName } = child.mask;
        const key = localName === undefined ? name : localNameKey(localName);
        const list = key === undefined ? others : (named.get(key) ?? []);
        list.push(child);
        if (key !== undefined) named.set(key, list);
      });
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
    const collectAll = (key: ByteString) => {
      named.get(key)?.forEach((child) => {
        this.#collect(child, question, found);
      });
    };
    question.names.forEach(collectAll);
    const { localName } = question.connection;
    if (localName !== undefined) localNameKeys(localName).forEach(collectAll);
    others.forEach((child) => {
      if (letsThrough(child.mask, question.connection)) this.#collect(child, question, found);
    });
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
    const { written: byFilter } = known;
    const written: ByteString[] = [];
    filters.forEach((filter) => {
      let own = byFilter.get(filter);
      if (own === undefined) {
        own = this.#namesWithVariables(filter).filter((name) => names.has(name));
        byFilter.set(filter, own);
      }
      if (own.length > 0) written.push(...own);
    });
    if (written.length === 0) return builtIn;
    return struct.members.filter(({ name, text }) => written.includes(name) || hasVariable(text));
  }

  #namesWithVariables(filter: Filter): readonly ByteString[] {
    const known = this.#variables.get(filter);
    if (known !== undefined) return known;
    const names: ByteString[] = [];
    filter.values.forEach((value, name) => {
      if (holdsVariable(value)) names.push(name);
    });
    this.#variables.set(filter, names);
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
    if (filters.length < 2) return filters;
    const order = this.#positions();
    return filters.sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0));
  }

  #positions(): ReadonlyMap<Filter, number> {
    if (this.#order !== undefined) return this.#order;
    const order = new Map<Filter, number>();
    this.tree.all.forEach((filter, index) => {
      order.set(filter, index);
    });
    this.#order = order;
    return order;
  }

  /** Everything that applies, the most specific first: what comes earlier wins. Dovecot 2.4.1 settings.c. */
  applicable(asked: Question): Filter[] {
    const question = { connection: withProtocol(asked.connection), names: asked.names };
    const found: Filter[] = [];
    this.#collect(this.tree.root, question, found);
    const own = found.filter((filter) => !filter.isDefault && !filter.isInGroup);
    // Built-in values below a section may hang under the file's own section: their path decides.
    this.#collect(this.tree.defaults, question, found);
    const builtIn = found.filter((filter) => filter.isDefault && !filter.isInGroup);
    const result: Filter[] = [];
    this.#byOrder(own).forEach((filter) => {
      result.push(filter);
      if (filter.groups.length > 0) result.push(...this.#grouped(filter, question));
    });
    return result.concat(this.#byOrder(builtIn));
  }

  #grouped(user: Filter, question: Question): Filter[] {
    const names = [...new Set([...question.names, ...user.groups.map((use) => `@${use.label}/${use.name}`)])];
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
    if (name === undefined ? !letsThrough(at.mask, question.connection) : !question.names.includes(name))
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
    const { filters } = this;
    for (let at = 0; at < filters.length; at++) {
      const stored = filters[at]?.values.get(definition.name);
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
    const { filters } = this;
    for (let at = 0; at < filters.length; at++) {
      const stored = filters[at]?.values.get(name);
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
    this.#lists(name).forEach((list) => {
      list.elements.forEach(({ key, value, origin }) => {
        if (!elements.has(key)) elements.set(key, { text: value, origin });
      });
    });
    return elements;
  }

  /** Elements of a boollist that are on. */
  list(name: ByteString): ByteString[] {
    const on: ByteString[] = [];
    this.strings(name).forEach(({ text }, key) => {
      if (isOn(text)) on.push(key);
    });
    return on;
  }

  /** Whether the list was assigned as a whole. */
  isReplaced(name: ByteString): boolean {
    return this.#lists(name).some((list) => list.replaced && list.explicit);
  }

  /** Names of a named list filter's sections: the least specific level's first. */
  names(name: ByteString): ByteString[] {
    const found: ByteString[] = [];
    for (let at = this.filters.length - 1; at >= 0; at--) {
      const stored = this.filters[at]?.values.get(name);
      if (stored?.kind === 'names') found.push(...stored.names);
    }
    if (found.length < 2) return found;
    // Named by an inner filter, too: at its place there. Dovecot 2.4.1 settings-parser.c SETTINGS_PARSER_FLAG_INSERT_FILTERS
    return [...new Set(found.reverse())].reverse();
  }
}

function isOn(text: ByteString): boolean {
  const parsed = parseBoolean(text);
  return parsed.ok && parsed.value;
}
