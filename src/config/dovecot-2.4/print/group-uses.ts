import type { DumpNode } from '../../print/dump.js';
import type { Filter } from '../filter.js';

/** `@label = name` lines of a filter. */
export function groupUses(filter: Filter): DumpNode[] {
  return filter.groups.map(({ label, name, origin }) => ({
    kind: 'setting' as const,
    name: `@${label}`,
    value: name,
    origin,
  }));
}
