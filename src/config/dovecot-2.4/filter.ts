import type { ByteString } from '../../../grammar/bytes.js';
import { type Network, networkText } from '../network.js';
import type { Origin } from '../origin.js';
import type { SettingsTable } from './settings-table.js';

/** What one level of a filter asks for; nothing at all at the root. */
export interface FilterMask {
  readonly protocol?: ByteString;
  readonly localName?: ByteString;
  readonly local?: Network;
  readonly remote?: Network;
  /** `ssl_server` of a named filter, `passdb/sql` of a named list filter, `@label/name` of a group. */
  readonly name?: ByteString;
  readonly isList?: boolean;
}

/** One element of a list setting. */
export interface ListElement {
  readonly key: ByteString;
  value: ByteString;
  origin: Origin | null;
  isReference?: true;
}

/** A setting's value inside one filter. */
export type StoredValue = TextValue | ListValue | NamesValue;

interface Value {
  origin: Origin | null;
  /** The file says it, and not only a built-in default or a group. */
  explicit: boolean;
  /** 2.4.5: taken over from a group. */
  ofGroup?: true;
}

interface TextValue extends Value {
  readonly kind: 'text';
  text: ByteString;
  /** 2.4.5: `$SET:` in it is looked up at the end. */
  isReference?: true;
  /** 2.4.5: written as `<<MARKER`. */
  marker?: ByteString;
}

interface NamesValue extends Value {
  readonly kind: 'names';
  readonly names: ByteString[];
}

/** boollist or strlist; `replaced`: an assignment, so that outer values do not shine through. */
export interface ListValue extends Value {
  readonly kind: 'list';
  readonly elements: ListElement[];
  /** Key to its first element, once there are many; null: not made. */
  index: Map<ByteString, ListElement> | null;
  replaced: boolean;
}

/** `@label = name`. */
export interface GroupUse {
  readonly label: ByteString;
  name: ByteString;
  origin: Origin;
}

/** A filter with what is set inside it; settings of nested filters stand in its children. */
export class Filter {
  readonly table: SettingsTable;
  readonly mask: FilterMask;
  readonly parent: Filter | null;
  readonly children: Filter[] = [];
  /** Holds built-in values only. */
  readonly isDefault: boolean;
  readonly values = new Map<ByteString, StoredValue>();
  readonly groups: GroupUse[] = [];
  readonly createOrder: number;
  /** How many named list filters, and how many other named filters, stand on the way from the root. */
  readonly listDepth: number;
  readonly nameDepth: number;
  /** Masks from the root to here: two filters with the same path are one. */
  readonly path: string;
  /** Where it was opened first; null for a built-in one. */
  readonly origin: Origin | null;
  requiredSeen: boolean;
  /** Name before the `/`: `passdb` of `passdb/sql`. */
  readonly kindName: ByteString;
  /** Merged into its parent by `-f`, or not matching it. */
  dropped = false;

  readonly isGroup: boolean;
  /** Itself or one around it is a group. */
  readonly isInGroup: boolean;

  /** Whose masks must match besides this one: the parent, except for a filter that was merged to another place. */
  readonly outer: Filter | null;

  constructor(
    table: SettingsTable,
    mask: FilterMask,
    parent: Filter | null,
    isDefault: boolean,
    order: number,
    origin: Origin | null,
    outer: Filter | null = parent,
  ) {
    this.table = table;
    this.mask = mask;
    this.parent = parent;
    this.outer = outer;
    this.isDefault = isDefault;
    this.createOrder = order;
    this.origin = origin;
    this.requiredSeen = isDefault;
    this.path = parent === null ? '' : childPath(parent, mask);
    const name = mask.name ?? '';
    const slash = name.indexOf('/');
    this.kindName = slash === -1 ? name : name.slice(0, slash);
    this.isGroup = mask.isList === true && name.startsWith('@');
    this.isInGroup = this.isGroup || (outer?.isInGroup ?? false);
    const isNamed = mask.name !== undefined;
    this.listDepth = (parent?.listDepth ?? 0) + (isNamed && mask.isList === true ? 1 : 0);
    this.nameDepth = (parent?.nameDepth ?? 0) + (isNamed && mask.isList !== true ? 1 : 0);
    parent?.children.push(this);
  }

  /** Name of the section: what stands behind the first `/`. */
  get sectionName(): ByteString {
    const name = this.mask.name ?? '';
    const slash = name.indexOf('/');
    return slash === -1 ? '' : name.slice(slash + 1);
  }

  get isInLocalOrRemote(): boolean {
    const { localName, local, remote } = this.mask;
    if (localName !== undefined || (local?.bits ?? 0) > 0 || (remote?.bits ?? 0) > 0) return true;
    return this.parent?.isInLocalOrRemote ?? false;
  }

  /** Anything but named list filters around a setting, for the warning about shadowed global settings. */
  get hasOtherThanLists(): boolean {
    const { protocol, localName, local, remote, name, isList } = this.mask;
    const isOther = protocol ?? localName ?? local ?? remote;
    if (isOther !== undefined || (name !== undefined && isList !== true)) return true;
    return this.parent?.hasOtherThanLists ?? false;
  }

  get isRoot(): boolean {
    return this.parent === null;
  }
}

function networkKey(network: Network): string {
  return `${networkText(network)}/${network.bits}`;
}

function childPath(parent: Filter, mask: FilterMask): string {
  const { protocol, localName, local, remote, name } = mask;
  const named = name === undefined ? '' : `${mask.isList === true ? 'a' : 'f'}${name}`;
  if (protocol === undefined && localName === undefined && local === undefined && remote === undefined)
    return `${parent.path}\x01${named}`;
  const parts = [
    protocol === undefined ? '' : `p${protocol}`,
    localName === undefined ? '' : `n${localName}`,
    local === undefined ? '' : `l${networkKey(local)}`,
    remote === undefined ? '' : `r${networkKey(remote)}`,
    named,
  ];
  return `${parent.path}\x01${parts.join('\x02')}`;
}

/** All filters of a configuration, each once. */
export class FilterTree {
  readonly table: SettingsTable;
  readonly root: Filter;
  /** Built-in values that belong to no section. */
  readonly defaults: Filter;
  all: Filter[] = [];
  readonly #byPath = new Map<string, Filter>();
  readonly #defaultsByPath = new Map<string, Filter>();

  constructor(table: SettingsTable) {
    this.table = table;
    this.root = this.#add(new Filter(table, {}, null, false, 0, null));
    this.defaults = this.#add(new Filter(table, {}, null, true, 1, null));
  }

  #add(filter: Filter): Filter {
    this.all.push(filter);
    (filter.isDefault ? this.#defaultsByPath : this.#byPath).set(filter.path, filter);
    return filter;
  }

  /** Whether the parents are built-in ones does not matter for the search (Dovecot 2.4.1 config-filter.c). */
  find(parent: Filter, mask: FilterMask, isDefault: boolean): Filter | undefined {
    return (isDefault ? this.#defaultsByPath : this.#byPath).get(childPath(parent, mask));
  }

  /** The filter of built-in values for the same place. */
  defaultsFor(filter: Filter): Filter | undefined {
    return this.#defaultsByPath.get(filter.path);
  }

  /** Of a filter of the file the one of built-in values for the same place, and the other way round. */
  twinOf(filter: Filter): Filter | undefined {
    return (filter.isDefault ? this.#byPath : this.#defaultsByPath).get(filter.path);
  }

  create(parent: Filter, mask: FilterMask, isDefault: boolean, origin: Origin | null): Filter {
    return this.#add(new Filter(this.table, mask, parent, isDefault, this.all.length, origin));
  }

  /** A filter of the same mask below another parent; it goes on asking for what is around the original. */
  copyTo(parent: Filter, original: Filter): Filter {
    const { mask, isDefault, origin, outer } = original;
    const copy = new Filter(this.table, mask, parent, isDefault, this.all.length, origin, outer);
    this.all.push(copy);
    return copy;
  }

  /** Least specific first; what comes later wins. Dovecot 2.4.1 config-parser.c `config_parser_filter_cmp`. */
  sort(): void {
    const head = this.all.slice(0, 2);
    const rest = this.all.slice(2);
    rest.sort(
      (a, b) => a.listDepth - b.listDepth || a.nameDepth - b.nameDepth || a.createOrder - b.createOrder,
    );
    this.all = head.concat(rest);
  }
}
