import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import { type Filter, GLOBAL_FILTER } from './filter.js';
import type { BuiltIn, ListSetting, SectionTable, SettingDefinition } from './settings-table.js';

/** A value as it was set. */
export interface Stored {
  /** As doveconf prints it without `-x`. */
  readonly text: ByteString;
  /** With variables expanded; a `<file` stays a path. */
  readonly expanded: ByteString;
  /** The path of `<file`, else null. */
  readonly file: ByteString | null;
  readonly origin: Origin;
  /** Came along with a whole section from another filter: Dovecot has lost that it was set. */
  readonly unmarked?: true;
}

/** One section's values, or the global ones of a layer. */
export interface SectionNode {
  readonly kind: 'section';
  readonly table: SectionTable;
  readonly builtIn: BuiltIn | null;
  /** Settings that were given a value. */
  readonly values: Map<string, Stored>;
  readonly lists: Map<string, ListNode>;
  readonly strings: Map<string, StringsNode>;
  /** Where the section was first opened; null for the root and for built-in sections that nobody touched. */
  at: Origin | null;
}

export interface ListNode {
  readonly definition: ListSetting;
  /** Built-in sections that were touched or asked for, and the others in the order of their first appearance. */
  readonly sections: SectionNode[];
  readonly builtInCount: number;
}

export interface StringsNode {
  readonly kind: 'strings';
  readonly name: string;
  readonly entries: Map<ByteString, Stored>;
}

/** A place that settings can be set in, found by its path; case does not matter (Dovecot settings-parser.c links). */
interface Link {
  readonly parent: SectionNode;
  readonly target: SectionNode | StringsNode;
}

/** The settings of one filter (`protocol imap`, `local 10.0.0.0/8`, ...), or the global ones. */
export class Layer {
  readonly filter: Filter;
  /** `FILE:LINE`, or the file alone for the global layer: Dovecot's name of it in a conflict. */
  readonly fileAndLine: ByteString;
  readonly root: SectionNode;
  /** Where the filter was first opened. */
  readonly at: Origin | null;
  readonly #links = new Map<string, Link>();

  /** `table`: the global settings of the version. */
  constructor(
    table: SectionTable,
    filter: Filter = GLOBAL_FILTER,
    fileAndLine: ByteString = '',
    at: Origin | null = null,
  ) {
    this.filter = filter;
    this.at = at;
    this.fileAndLine = fileAndLine;
    this.root = createNode(table, null);
  }

  /** Where a key with its path leads, or null. The last part of the path is the setting's name or a string's key. */
  find(path: ByteString): FoundKey | null {
    const slash = path.lastIndexOf('/');
    if (slash === -1) {
      const definition = this.root.table.settings.get(path);
      return definition === undefined ? null : { kind: 'setting', node: this.root, definition };
    }
    const known = this.#links.get(path.slice(0, slash).toLowerCase())?.target;
    const parent = known ?? this.#link(path.slice(0, slash));
    if (parent === null) return null;
    const name = path.slice(slash + 1);
    if (parent.kind === 'strings')
      return { kind: 'string', node: parent, key: name, isFirst: known === undefined };
    const definition = parent.table.settings.get(name);
    return definition === undefined ? null : { kind: 'setting', node: parent, definition };
  }

  /**
   * Opens (or finds) the section `id` (escaped name or number) of a list at `path` (with the list's name at its end).
   * A section of `passdb` or `userdb` that exists is an error of Dovecot's: null.
   */
  openSection(
    path: string,
    parent: SectionNode,
    definition: ListSetting,
    id: string,
    at: Origin,
  ): SectionNode | null {
    const key = `${path}/${id}`.toLowerCase();
    const known = this.#links.get(key) ?? this.#builtInLink(key, parent, definition, id);
    if (known !== null) {
      if (!definition.unique || known.target.kind !== 'section' || known.parent !== parent) return null;
      known.target.at ??= at;
      return known.target;
    }
    const node = createNode(definition.section, null);
    node.at = at;
    listOf(parent, definition).sections.push(node);
    this.#links.set(key, { parent, target: node });
    return node;
  }

  /** Opens a string list: `plugin { }` is `plugin/0`, `plugin/1`, ... and plain `plugin`, all the same list. */
  openStrings(path: string, parent: SectionNode, name: string, id: string | null): StringsNode {
    let node = parent.strings.get(name);
    if (node === undefined) {
      node = { kind: 'strings', name, entries: new Map() };
      parent.strings.set(name, node);
    }
    this.#links.set(path.toLowerCase(), { parent, target: node });
    if (id !== null) this.#links.set(`${path}/${id}`.toLowerCase(), { parent, target: node });
    return node;
  }

  #link(path: string): SectionNode | StringsNode | null {
    const link = this.#links.get(path.toLowerCase());
    if (link !== undefined) return link.target;
    const parts = path.split('/');
    if (parts.length % 2 === 1) {
      const name = parts.at(-1) ?? '';
      const parent = parts.length === 1 ? this.root : this.#link(parts.slice(0, -1).join('/'));
      if (parent?.kind !== 'section') return null;
      return parent.table.settings.get(name)?.kind === 'strings'
        ? this.openStrings(path, parent, name, null)
        : null;
    }
    const parent = parts.length === 2 ? this.root : this.#link(parts.slice(0, -2).join('/'));
    const definition = parent?.kind === 'section' ? parent.table.settings.get(parts.at(-2) ?? '') : undefined;
    if (parent?.kind !== 'section' || definition?.kind !== 'list') return null;
    return this.#builtInLink(path.toLowerCase(), parent, definition, parts.at(-1) ?? '')?.target ?? null;
  }

  /** A built-in section (`service/imap-login`, ...) exists from the start; its node is made when it is asked for. */
  #builtInLink(key: string, parent: SectionNode, definition: ListSetting, id: string): Link | null {
    const instances = builtInsOf(parent, definition);
    if (instances === undefined) return null;
    const wanted = id.toLowerCase();
    for (const [name, builtIn] of instances) {
      if (name.toLowerCase() !== wanted) continue;
      const link: Link = { parent, target: createNode(definition.section, builtIn) };
      if (link.target.kind === 'section') listOf(parent, definition).sections.push(link.target);
      this.#links.set(key, link);
      return link;
    }
    return null;
  }
}

export type FoundKey =
  | { readonly kind: 'setting'; readonly node: SectionNode; readonly definition: SettingDefinition }
  | {
      readonly kind: 'string';
      readonly node: StringsNode;
      readonly key: ByteString;
      /** The list was not known by this path before. */
      readonly isFirst: boolean;
    };

export function createNode(table: SectionTable, builtIn: BuiltIn | null): SectionNode {
  return {
    kind: 'section',
    table,
    builtIn,
    values: new Map(),
    lists: table.hasLists ? new Map() : NO_LISTS,
    strings: table.hasStrings ? new Map() : NO_STRINGS,
    at: null,
  };
}

// Shared by the thousands of sections whose table has nothing to put in.
const NO_LISTS: SectionNode['lists'] = new Map();
const NO_STRINGS: SectionNode['strings'] = new Map();

export function listOf(parent: SectionNode, definition: ListSetting): ListNode {
  let list = parent.lists.get(definition.name);
  if (list === undefined) {
    list = { definition, sections: [], builtInCount: builtInsOf(parent, definition)?.size ?? 0 };
    parent.lists.set(definition.name, list);
  }
  return list;
}

export function builtInsOf(
  parent: SectionNode,
  definition: ListSetting,
): ReadonlyMap<string, BuiltIn> | undefined {
  if (parent.table.path === '') return parent.table.builtIn.get(definition.name);
  return parent.builtIn?.lists.get(definition.name);
}

/** The section that stands in each built-in one's place; a second one of it stands among the added sections. */
export function firstOfEachBuiltIn(sections: readonly SectionNode[]): Map<BuiltIn, SectionNode> {
  const first = new Map<BuiltIn, SectionNode>();
  for (const section of sections)
    if (section.builtIn !== null && !first.has(section.builtIn)) first.set(section.builtIn, section);
  return first;
}

/** Default of a setting in a section: the built-in section's own, or the table's. */
export function defaultText(node: SectionNode, name: string): ByteString | null {
  const own = node.builtIn?.defaults[name];
  if (own !== undefined) return own;
  const definition = node.table.settings.get(name);
  return definition?.kind === 'value' ? definition.default : null;
}

/** What a section's setting is worth now: its value or its default; null where it has none. */
export function currentText(node: SectionNode, name: string): ByteString | null {
  return node.values.get(name)?.text ?? defaultText(node, name);
}

/** Name of a section, '' for an unnamed one. */
export function sectionName(node: SectionNode): ByteString {
  const { nameSetting } = node.table;
  return nameSetting === null ? '' : (currentText(node, nameSetting) ?? '');
}

/** A built-in section under another name: that of other case which opened it, or one that it gives itself. */
export function isRenamed(node: SectionNode): boolean {
  return node.builtIn !== null && sectionName(node) !== sectionName(createNode(node.table, node.builtIn));
}

/** Names of a list that a line gives: `passdb = 0 1`. */
export function splitIds(text: ByteString): string[] {
  return text.split(/[,\t ]/).filter((id) => id !== '');
}

/** settings_section_escape() (Dovecot 2.3.19.1 settings-parser.c). */
export function escapeSectionName(name: ByteString): string {
  return name.replace(/[=/\\ ,]/g, (char) => `\\${ESCAPES[char] ?? char}`);
}

const ESCAPES: Readonly<Record<string, string>> = { '=': 'e', '/': 's', '\\': '\\', ' ': '_', ',': '+' };
