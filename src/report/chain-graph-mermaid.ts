import type { ChainGraph, GraphEdge } from '../simulate/chain-graph.js';
import { END_WORDS, edgeLabel, passdbTitle } from './chain-graph-text.js';

/** Text inside of quotes; Mermaid knows no other escape than these codes. */
export function mermaidText(text: string): string {
  return text
    .replaceAll('#', '#35;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;');
}

export const MERMAID_CLASSES = [
  'classDef good fill:#d9f2dd,stroke:#2d7d3a,color:#123',
  'classDef bad fill:#f9dcdc,stroke:#b03030,color:#123',
  'classDef wait fill:#fdf0cf,stroke:#a67c00,color:#123',
  'classDef idle fill:#eee,stroke:#999,color:#666,stroke-dasharray:4 3',
];

const END_CLASSES = { accepted: 'good', refused: 'bad', tempfail: 'wait' } as const;

/** The chain as a Mermaid flowchart. */
export function chainGraphMermaid({ nodes, edges }: ChainGraph): string {
  const lines = ['flowchart TD'];
  const starts = ['login', 'master login'] as const;
  for (const start of starts)
    if (edges.some(({ from }) => from === start)) lines.push(`${idOf(start)}(["${start}"])`);
  for (const { passdb, conditions, unreachable } of nodes) {
    const text = [passdbTitle(passdb), ...conditions, ...(unreachable ? ['never reached'] : [])];
    const shape = text.map(mermaidText).join('<br/>');
    lines.push(`${idOf(passdb)}["${shape}"]${unreachable ? ':::idle' : ''}`);
  }
  for (const end of ['accepted', 'refused', 'tempfail'] as const)
    if (edges.some(({ to }) => to === end))
      lines.push(`${idOf(end)}(["${END_WORDS[end]}"]):::${END_CLASSES[end]}`);
  for (const edge of edges) {
    const { from, to, warning } = edge;
    const text = [edgeLabel(edge), ...(warning === '' ? [] : [warning])].filter((line) => line !== '');
    const label = text.length === 0 ? '' : `|"${text.map(mermaidText).join('<br/>')}"|`;
    lines.push(`${idOf(from)} ${warning === '' ? '-->' : '==>'}${label} ${idOf(to)}`);
  }
  return `${[...lines.slice(0, 1), ...[...lines.slice(1), ...MERMAID_CLASSES].map((line) => `  ${line}`)].join('\n')}\n`;
}

function idOf(end: GraphEdge['from'] | GraphEdge['to']): string {
  return typeof end === 'string' ? end.replace(' ', '_') : `passdb${end.index}`;
}
