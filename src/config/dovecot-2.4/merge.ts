import type { Filter, FilterTree, StoredValue } from './filter.js';

export interface MergeMode {
  /** The source is not shown any more. */
  readonly drop: boolean;
  /** The source wins where both set a value. */
  readonly overwrite: boolean;
  /** 2.4.5: what was merged counts as said by the file there. */
  readonly explicit?: boolean;
}

/** Copies values and nested filters of `source` into `target`. Dovecot 2.4.1 config-parser.c `config_filters_merge`. */
export function mergeFilters(tree: FilterTree, target: Filter, source: Filter, mode: MergeMode): void {
  if (mode.drop) source.dropped = true;
  for (const [name, value] of source.values)
    if (mode.overwrite || !target.values.has(name)) {
      const isPromoted = mode.explicit === true && (!value.explicit || value.ofGroup === true);
      target.values.set(name, isPromoted ? promoted(value) : value);
    }
  for (const child of source.children) {
    const known = target.children.find((candidate) => candidate.path === `${target.path}${lastLevel(child)}`);
    const twin = known ?? tree.copyTo(target, child);
    mergeFilters(tree, twin, child, mode);
  }
}

function promoted(value: StoredValue): StoredValue {
  const { ofGroup: _, ...rest } = value;
  return { ...rest, explicit: true };
}

function lastLevel(filter: Filter): string {
  return filter.path.slice(filter.parent?.path.length ?? 0);
}
