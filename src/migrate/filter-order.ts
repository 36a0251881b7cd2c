import type { ByteString } from '../../grammar/bytes.js';
import type { Section, Statement } from '../../grammar/dovecot-conf/tree.js';
import { isInNetwork, parseNetwork } from '../config/network.js';

/** The statements in the order that 2.4 needs, and the sections that stand behind another one for it. */
export interface OrderedStatements {
  readonly statements: readonly Statement[];
  readonly moved: ReadonlySet<Section>;
}

/**
 * Filters that match one connection and set the same: 2.3 takes the narrowest network, and of equal ones the first in
 * the file; 2.4 takes the last (observed 2.3.19.1, 2.4.1). A filter that won in 2.3 is moved behind the other one, with
 * the comment right above it.
 */
export function orderFilters(statements: readonly Statement[]): OrderedStatements {
  const moved = new Set<Section>();
  let list = [...statements];
  const sections = list.filter((one): one is Section => one.kind === 'section' && KINDS.has(one.key));
  for (const winner of [...sections].reverse()) {
    const at = list.indexOf(winner);
    const last = list.findLastIndex(
      (other, index) => index > at && other.kind === 'section' && winsOver(winner, other),
    );
    if (last === -1) continue;
    const from = firstOfBlock(list, at);
    const block = list.slice(from, at + 1);
    list = [...list.slice(0, from), ...list.slice(at + 1, last + 1), ...block, ...list.slice(last + 1)];
    moved.add(winner);
  }
  return { statements: list, moved };
}

const KINDS = new Set(['local', 'remote', 'local_name']);

/** The comments right above a section belong to it. */
function firstOfBlock(list: readonly Statement[], at: number): number {
  let from = at;
  while (list[from - 1]?.kind === 'comment') from--;
  return from;
}

/** Whether the first of two sections is what 2.3 takes for a connection of both. */
function winsOver(first: Section, second: Section): boolean {
  if (first.key !== second.key || first.name === second.name) return false;
  if (first.name === null || second.name === null || !shareSetting(first, second)) return false;
  if (first.key === 'local_name') return namesMeet(first.name, second.name);
  const a = parseNetwork(first.name);
  const b = parseNetwork(second.name);
  if (!a.ok || !b.ok || a.value.address === null || b.value.address === null) return false;
  return a.value.bits > b.value.bits && isInNetwork(a.value.address, b.value);
}

/** Whether a TLS name can match one name of both: `*.` stands for one label. */
function namesMeet(first: ByteString, second: ByteString): boolean {
  const names = (text: ByteString) => text.toLowerCase().split(/\s+/);
  const meets = (name: ByteString, mask: ByteString) =>
    name === mask || (mask.startsWith('*.') && name.slice(name.indexOf('.')) === mask.slice(1));
  return names(first).some((a) => names(second).some((b) => meets(a, b) || meets(b, a)));
}

function shareSetting(first: Section, second: Section): boolean {
  const keys = new Set(keysOf(first, ''));
  return keysOf(second, '').some((key) => keys.has(key));
}

/** Settings of a section by their path in it; what an include brings counts as any. */
function keysOf({ body }: Section, path: string): string[] {
  return body.flatMap((one) => {
    if (one.kind === 'setting') return [`${path}${one.key}`];
    return one.kind === 'section' ? keysOf(one, `${path}${one.key} ${one.name ?? ''}/`) : [];
  });
}
