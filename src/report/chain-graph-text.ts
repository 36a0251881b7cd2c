import { passdbLogName } from '../auth/passdb-lists.js';
import type { PassdbBlock } from '../config/effective.js';
import type { ChainGraph, GraphEdge, GraphEnd } from '../simulate/chain-graph.js';
import { placeText, shown } from './simulation-words.js';

/** `2. users (sql)`: a passdb as pictures name it. */
export function passdbTitle(passdb: PassdbBlock): string {
  const name = shown(passdbLogName(passdb));
  return `${passdb.index}. ${name}${name === passdb.driver ? '' : ` (${shown(passdb.driver)})`}`;
}

export const END_WORDS: Readonly<Record<GraphEnd, string>> = {
  accepted: 'accepted',
  refused: 'refused',
  tempfail: 'temporary failure',
};

/** `ok: return-ok`; what stands at an arrow. */
export function edgeLabel({ result, rule, when }: Pick<GraphEdge, 'result' | 'rule' | 'when'>): string {
  return `${result}${rule === '' ? '' : `: ${rule}`}${when === '' ? '' : ` (after ${when})`}`;
}

/** The chain as lines. */
export function chainGraphText({ nodes, edges }: ChainGraph): string {
  const lines: string[] = [];
  for (const start of ['login', 'master login'] as const) {
    const first = edges.filter(({ from }) => from === start);
    if (first.length > 0) lines.push(start, ...edgeLines(first));
  }
  for (const { passdb, conditions, unreachable } of nodes) {
    const when = conditions.length === 0 ? '' : `  [${conditions.join('; ')}]`;
    lines.push(`${passdbTitle(passdb)}  ${placeText(passdb.at)}${when}`);
    if (unreachable) lines.push('   never reached');
    lines.push(...edgeLines(edges.filter(({ from }) => from === passdb)));
  }
  return `${lines.join('\n')}\n`;
}

function edgeLines(edges: readonly GraphEdge[]): string[] {
  const width = Math.max(0, ...edges.map((edge) => edgeLabel(edge).length));
  return edges.map((edge) => {
    const { to, warning } = edge;
    const target = typeof to === 'string' ? END_WORDS[to] : passdbTitle(to);
    const label = width === 0 ? '' : `${edgeLabel(edge).padEnd(width)} `;
    return `   ${label}-> ${target}${warning === '' ? '' : `  ! ${warning}`}`;
  });
}
