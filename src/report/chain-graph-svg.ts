import type { PassdbBlock } from '../config/effective.js';
import type { ChainGraph, GraphEdge, GraphEnd, GraphNode } from '../simulate/chain-graph.js';
import { END_WORDS, edgeLabel, passdbTitle } from './chain-graph-text.js';
import { displayText, displayWidth } from './display-text.js';

const CHARACTER = 7.3;
const LINE = 18;
const GAP = 44;
const MARGIN = 24;
const PADDING = 12;
const PILL = 24;
const ARROW = 26;
const ALARM = '#b03030';

const FILLS: Readonly<Record<GraphEnd, readonly [fill: string, stroke: string]>> = {
  accepted: ['#d9f2dd', '#2d7d3a'],
  refused: ['#f9dcdc', '#b03030'],
  tempfail: ['#fdf0cf', '#a67c00'],
};

interface Row {
  readonly key: PassdbBlock | 'login' | 'master login';
  readonly lines: readonly string[];
  readonly idle: boolean;
  readonly ends: readonly (Omit<GraphEdge, 'to'> & { readonly to: GraphEnd })[];
  readonly onward: readonly GraphEdge[];
  readonly height: number;
  y: number;
}

/**
 * The chain as a picture: a row for each passdb in the order of the walk, its ends at its right, the way to the next
 * row downwards, ways over other rows in lanes at the left.
 */
export function chainGraphSvg(graph: ChainGraph): string {
  const rows = rowsOf(graph);
  const boxWidth = Math.max(120, ...rows.flatMap(({ lines }) => lines.map(textWidth))) + 2 * PADDING;
  const jumps = jumpsOf(rows);
  const laneTexts = jumps.map(({ label }) => textWidth(label));
  const left = MARGIN + (jumps.length === 0 ? 0 : Math.max(...laneTexts) + 20 + jumps.length * 16);
  const endX =
    left +
    boxWidth +
    Math.max(60, ...rows.flatMap(({ ends }) => ends.map((e) => textWidth(edgeLabel(e))))) +
    ARROW +
    20;
  const pillWidth = textWidth(END_WORDS.tempfail) + 24;
  const warnings = rows.flatMap(({ ends }) => ends.map(({ warning }) => textWidth(warning)));
  const width = endX + pillWidth + Math.max(0, ...warnings) + 12 + MARGIN;
  let y = MARGIN;
  for (const row of rows) {
    row.y = y;
    const below = row.onward.filter((edge) => isNext(rows, row, edge)).length;
    y += row.height + GAP + Math.max(0, below - 1) * LINE;
  }
  const parts = [
    ...rows.map((row) => rowSvg(row, left, boxWidth, endX, pillWidth)),
    ...rows.map((row, at) => downSvg(rows, row, rows[at + 1], left + boxWidth / 2)),
    ...jumps.map((jump, lane) => lineOf(jump, lane, left)),
    ...jumps.map((jump, lane) => labelOf(jump, lane, left)),
  ];
  return document(width, y - GAP + MARGIN, parts);
}

function rowsOf({ nodes, edges }: ChainGraph): Row[] {
  const masters = nodes.filter(({ passdb }) => passdb.master);
  const others = nodes.filter(({ passdb }) => !passdb.master);
  const starts = (name: 'login' | 'master login') =>
    edges.some(({ from }) => from === name) ? [rowOf(name, [name], false, edges)] : [];
  const nodeRow = ({ passdb, conditions, unreachable }: GraphNode) =>
    rowOf(
      passdb,
      [passdbTitle(passdb), ...conditions, ...(unreachable ? ['never reached'] : []), fileText(passdb)],
      unreachable,
      edges,
    );
  return [...starts('master login'), ...masters.map(nodeRow), ...starts('login'), ...others.map(nodeRow)];
}

/** The name of the file is enough in a picture. */
function fileText({ at }: PassdbBlock): string {
  return displayText(`${at.source.realPath.split('/').at(-1)}:${at.line}`);
}

function rowOf(key: Row['key'], lines: readonly string[], idle: boolean, edges: readonly GraphEdge[]): Row {
  const own = edges.filter(({ from }) => from === key);
  const ends = own.flatMap((edge) => (typeof edge.to === 'string' ? [{ ...edge, to: edge.to }] : []));
  const height = Math.max(lines.length * LINE + PADDING, ends.length * (PILL + 8));
  return { key, lines, idle, ends, onward: own.filter(({ to }) => typeof to !== 'string'), height, y: 0 };
}

function isNext(rows: readonly Row[], row: Row, { to }: GraphEdge): boolean {
  return rows[rows.indexOf(row) + 1]?.key === to;
}

interface Jump {
  readonly from: Row;
  readonly to: Row;
  readonly label: string;
  /** Among those that leave the same row. */
  readonly nth: number;
}

/** Edges that pass other rows, those between the same two rows as one. */
function jumpsOf(rows: readonly Row[]): Jump[] {
  const jumps: Jump[] = [];
  for (const from of rows)
    for (const to of rows) {
      const edges = from.onward.filter((edge) => edge.to === to.key && !isNext(rows, from, edge));
      if (edges.length > 0)
        jumps.push({
          from,
          to,
          label: edges.map(edgeLabel).join(', '),
          nth: jumps.filter((jump) => jump.from === from).length,
        });
    }
  return jumps;
}

function rowSvg(row: Row, left: number, boxWidth: number, endX: number, pillWidth: number): string {
  const round = typeof row.key === 'string' ? row.height / 2 : 6;
  const dash = row.idle ? ' stroke-dasharray="4 3"' : '';
  const top = row.y + (row.height - row.lines.length * LINE) / 2;
  const texts = row.lines.map((line, index) =>
    text(left + boxWidth / 2, top + (index + 0.72) * LINE, line, {
      anchor: 'middle',
      bold: index === 0,
      ...(index > 0 && index === row.lines.length - 1 ? { role: 'place' as const } : {}),
    }),
  );
  const start = row.y + (row.height - row.ends.length * (PILL + 8)) / 2;
  const ends = row.ends.map((edge, index) => {
    const y = start + index * (PILL + 8) + 4 + PILL / 2;
    const [fill, stroke] = FILLS[edge.to];
    const x = left + boxWidth;
    return [
      `<path d="M${x} ${y}H${endX - 2}" class="${edge.warning === '' ? 'arrow' : 'warn'}"/>`,
      text(x + 12, y - 5, edgeLabel(edge), {}),
      `<rect x="${endX}" y="${y - PILL / 2}" width="${pillWidth}" height="${PILL}" rx="${PILL / 2}" fill="${fill}" stroke="${stroke}"/>`,
      text(endX + pillWidth / 2, y + 4, END_WORDS[edge.to], { anchor: 'middle' }),
      edge.warning === '' ? '' : text(endX + pillWidth + 10, y + 4, edge.warning, { role: 'alarm' }),
    ].join('');
  });
  const box = `<rect x="${left}" y="${row.y}" width="${boxWidth}" height="${row.height}" rx="${round}" fill="${row.idle ? '#f4f4f4' : '#eef3fb'}" stroke="${row.idle ? '#999' : '#4a6fa5'}"${dash}/>`;
  return [box, ...texts, ...ends].join('\n');
}

function downSvg(rows: readonly Row[], row: Row, next: Row | undefined, x: number): string {
  const edges = row.onward.filter((edge) => isNext(rows, row, edge));
  if (next === undefined || edges.length === 0) return '';
  const bottom = row.y + row.height;
  return [
    `<path d="M${x} ${bottom}V${next.y - 2}" class="arrow"/>`,
    ...edges.map((edge, index) => text(x + 8, bottom + 18 + index * LINE, edgeLabel(edge), {})),
  ].join('');
}

function laneOf({ from, to, nth }: Jump, lane: number, left: number) {
  const aside = nth * 8;
  return { x: left - 20 - lane * 16, start: from.y + from.height - 5 - aside, end: to.y + 5 + aside };
}

function lineOf(jump: Jump, lane: number, left: number): string {
  const { x, start, end } = laneOf(jump, lane, left);
  return `<path d="M${left} ${start}H${x + 6}Q${x} ${start} ${x} ${start + 6}V${end - 6}Q${x} ${end} ${x + 6} ${end}H${left - 2}" class="arrow"/>`;
}

/** Drawn after all lines, with a white edge where it crosses one. */
function labelOf(jump: Jump, lane: number, left: number): string {
  const { x, start, end } = laneOf(jump, lane, left);
  return text(x - 6, (start + end) / 2 + 4, jump.label, { anchor: 'end', role: 'label' });
}

function textWidth(content: string): number {
  return displayWidth(content) * CHARACTER;
}

interface TextStyle {
  readonly anchor?: 'middle' | 'end';
  readonly bold?: boolean;
  readonly role?: 'label' | 'alarm' | 'place';
}

function text(x: number, y: number, content: string, { anchor, bold, role }: TextStyle): string {
  if (content === '') return '';
  const attributes = [
    role === undefined ? '' : ` class="${role}"`,
    anchor === undefined ? '' : ` text-anchor="${anchor}"`,
    bold === true ? ' font-weight="bold"' : '',
  ].join('');
  return `<text x="${Math.round(x)}" y="${Math.round(y)}"${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function marker(id: string, fill: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="${fill}"/></marker>`;
}

function document(width: number, height: number, parts: readonly string[]): string {
  const size = `${Math.ceil(width)} ${Math.ceil(height)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="12" role="img">
<title>The passdb chain: where each result leads</title>
<defs>${marker('head', '#667')}${marker('alarm', ALARM)}</defs>
<style>text{fill:#234}.place{fill:#567}.label{paint-order:stroke;stroke:#fff;stroke-width:4px}.alarm{fill:${ALARM};font-weight:bold}.arrow,.warn{fill:none;stroke:#667;stroke-width:1.3;marker-end:url(#head)}.warn{stroke:${ALARM};stroke-width:2;marker-end:url(#alarm)}</style>
<rect width="100%" height="100%" fill="#fff"/>
${parts.filter((part) => part !== '').join('\n')}
</svg>
`;
}
