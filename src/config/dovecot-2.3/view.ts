import type { ByteString } from '../../../grammar/bytes.js';
import { parseSize, parseTime } from '../duration-size.js';
import type { ConnectionFilter, FileSetting } from '../effective.js';
import { parseAddress } from '../network.js';
import type { Origin, Written } from '../origin.js';
import { compareSpecificity, type FilterQuery, matchesFilter } from './filter.js';
import { defaultText, type Layer, type SectionNode, type Stored } from './layer.js';
import type { ValueType } from './settings-table.js';

/** Settings of one level as a program sees them: what the most specific layer says, then the defaults. */
export class View {
  /** The same section (or the root) in each layer that matches, most specific first. Never empty. */
  readonly nodes: readonly SectionNode[];

  constructor(nodes: readonly SectionNode[]) {
    this.nodes = nodes;
  }

  stored(name: string): Stored | null {
    // Asked thousands of times: an index costs less than an iterator.
    const { nodes } = this;
    for (let level = 0; level < nodes.length; level++) {
      const stored = nodes[level]?.values.get(name);
      if (stored !== undefined) return stored;
    }
    return null;
  }

  /** The value as the programs get it: variables expanded, a `<file` still a path. */
  text(name: string): ByteString {
    return this.stored(name)?.expanded ?? this.#default(name);
  }

  origin(name: string): Origin | null {
    return this.stored(name)?.origin ?? null;
  }

  written(name: string): Written {
    const stored = this.stored(name);
    return stored === null
      ? { text: this.#default(name), origin: null }
      : { text: stored.expanded, origin: stored.origin };
  }

  boolean(name: string): boolean {
    return this.text(name) === 'yes';
  }

  number(name: string): number {
    const text = this.text(name);
    return /^0[0-7]+$/.test(text) && this.type(name) === 'uint_oct' ? Number.parseInt(text, 8) : Number(text);
  }

  /** Milliseconds. */
  time(name: string): number {
    const parsed = parseTime(this.text(name), 'milliseconds');
    if (parsed.ok) return Number(parsed.value);
    const seconds = parseTime(this.text(name), 'seconds');
    return seconds.ok ? Number(seconds.value) * 1000 : 0;
  }

  /** Bytes; Infinity for the largest number. */
  size(name: string): number {
    const parsed = parseSize(this.text(name));
    if (!parsed.ok) return 0;
    return parsed.value === 0xffffffffffffffffn ? Number.POSITIVE_INFINITY : Number(parsed.value);
  }

  /** A setting whose value is usually `<file`; null where it is empty. */
  file(name: string): FileSetting | null {
    const stored = this.stored(name);
    if (stored !== null && stored.file !== null)
      return { path: stored.file, inline: null, origin: stored.origin };
    const text = this.text(name);
    return text === '' ? null : { path: null, inline: text, origin: stored?.origin ?? null };
  }

  /** A setting that is a path itself. */
  path(name: string): FileSetting | null {
    const text = this.text(name);
    return text === '' ? null : { path: text, inline: null, origin: this.origin(name) };
  }

  type(name: string): ValueType | null {
    const definition = this.nodes[0]?.table.settings.get(name);
    return definition?.kind === 'value' ? definition.type : null;
  }

  #default(name: string): ByteString {
    const first = this.nodes[0];
    const text = first === undefined ? null : defaultText(first, name);
    if (text === null || !text.startsWith('$')) return text ?? '';
    return text;
  }
}

export function queryOf(filter: ConnectionFilter | undefined): FilterQuery {
  return {
    service: filter?.protocol ?? null,
    local: filter?.localIp === undefined ? null : parseAddress(filter.localIp),
    remote: filter?.remoteIp === undefined ? null : parseAddress(filter.remoteIp),
    localName: filter?.localName ?? null,
  };
}

/** Layers that match, most specific first (Dovecot 2.3.19.1 config-filter.c config_filter_find_all()). */
export function matchingLayers(layers: readonly Layer[], query: FilterQuery): Layer[] {
  return layers
    .filter((layer) => matchesFilter(layer.filter, query))
    .sort((a, b) => compareSpecificity(a.filter, b.filter));
}
