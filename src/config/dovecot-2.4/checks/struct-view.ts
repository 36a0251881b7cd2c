import type { ByteString } from '../../../../grammar/bytes.js';
import type { Filter, FilterTree } from '../filter.js';
import type { StructDefinition } from '../settings-table.js';
import { isCheckable, parseBoolean, parsePort, parseSize, parseTime, parseUint } from '../value-syntax.js';

/** What stands in for a value with variables while nobody knows what they become. */
export const UNKNOWN = 'UNKNOWN_VALUE_WITH_VARIABLES';

/**
 * One struct as the checks see it at one filter: its own defaults, the built-in values of that place and what the file
 * sets there, but nothing of the levels around (Dovecot 2.4.1 config-parser.c `config_filter_parser_check`).
 */
export class StructView {
  readonly filter: Filter;
  readonly #struct: StructDefinition;
  readonly #layers: readonly Filter[];
  readonly #expanded: boolean;

  /** `within`: filters inside the one that is looked at which apply, too, the most general first. */
  constructor(
    tree: FilterTree,
    filter: Filter,
    struct: StructDefinition,
    expanded: boolean,
    within: readonly Filter[] = [],
  ) {
    this.filter = filter;
    this.#struct = struct;
    this.#expanded = expanded;
    const builtIn = tree.defaultsFor(filter);
    this.#layers = [...(builtIn === undefined ? [] : [builtIn]), filter, ...within];
  }

  #texts(name: ByteString): ByteString[] {
    const texts = [this.#struct.ownDefaults.get(name) ?? this.filter.table.findSetting(name)?.text ?? ''];
    for (const layer of this.#layers) {
      const stored = layer.values.get(name);
      if (stored?.kind === 'text') texts.push(stored.text);
    }
    return texts;
  }

  /** A value that has variables, or refers to another setting. Dovecot 2.4.5 config-parser.c config_fill_set_parser() */
  get hasUnknown(): boolean {
    return this.#layers.some((layer) =>
      [...layer.values].some(([name, stored]) => {
        if (stored.kind !== 'text' || isCheckable(stored.text, this.#expanded)) return false;
        const member = this.#struct.members.find((candidate) => candidate.name === name);
        return member !== undefined && member.type !== 'str_novars' && member.type !== 'file';
      }),
    );
  }

  text(name: ByteString): ByteString {
    const text = this.#texts(name).at(-1) ?? '';
    const type = this.filter.table.findSetting(name)?.type;
    if (type === 'str_novars' || type === 'file' || isCheckable(text, this.#expanded)) return text;
    return UNKNOWN;
  }

  /** As the file has it; in a filter as Dovecot has it. */
  written(name: ByteString): ByteString {
    return this.filter.isRoot ? (this.#texts(name).at(-1) ?? '') : this.text(name);
  }

  isEmpty(name: ByteString): boolean {
    return this.text(name) === '';
  }

  #parsed<T>(
    name: ByteString,
    parse: (text: ByteString) => { ok: true; value: T } | { ok: false },
    fallback: T,
  ): T {
    for (const text of this.#texts(name).reverse()) {
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
    }
    return fallback;
  }

  boolean(name: ByteString): boolean {
    return this.#parsed(name, parseBoolean, false);
  }

  number(name: ByteString): number {
    return this.#parsed(
      name,
      this.filter.table.findSetting(name)?.type === 'in_port' ? parsePort : parseUint,
      0,
    );
  }

  size(name: ByteString): number {
    return this.#parsed(name, parseSize, 0);
  }

  /** Milliseconds. */
  time(name: ByteString): number {
    const fine = this.filter.table.findSetting(name)?.type === 'time_msecs';
    return this.#parsed(name, (text) => parseTime(text, fine), 0);
  }

  /** Elements of a boollist that are on. */
  list(name: ByteString): ByteString[] {
    const on = new Set<ByteString>();
    for (const layer of this.#layers) {
      const stored = layer.values.get(name);
      if (stored?.kind !== 'list') continue;
      for (const { key, value } of stored.elements) {
        const parsed = parseBoolean(value);
        if (parsed.ok && parsed.value) on.add(key);
        else if (parsed.ok) on.delete(key);
      }
    }
    return [...on];
  }

  /** Keys of a strlist. */
  keys(name: ByteString): ByteString[] {
    const found = new Set<ByteString>();
    for (const layer of this.#layers) {
      const stored = layer.values.get(name);
      if (stored?.kind === 'list') for (const { key } of stored.elements) found.add(key);
    }
    return [...found];
  }

  names(name: ByteString): ByteString[] {
    const found = new Set<ByteString>();
    for (const layer of this.#layers) {
      const stored = layer.values.get(name);
      if (stored?.kind === 'names') for (const one of stored.names) found.add(one);
    }
    return [...found];
  }
}
