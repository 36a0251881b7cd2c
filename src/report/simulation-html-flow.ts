import { isOk, type Outcome } from '../simulate/simulation.js';
import { displayText, displayWidth } from './display-text.js';
import { xmlText } from './xml-text.js';

/** Users that go one way. */
export interface FlowBand {
  readonly passdb: string;
  readonly outcome: Outcome;
  /** '' where nothing is proxied. */
  readonly backend: string;
  readonly tls: string;
  readonly count: number;
}

/** Bars of a column; what is rarer goes together. */
const MAX_BARS = 14;
const HEIGHT = 360;
const BAR = 14;
const GAP = 22;
const TOP = 28;
const CHARACTER = 8;
const BAND_ROOM = 190;
/** Bars are at least that high, so that a single user is seen. */
const MIN_HEIGHT = 3;

interface Bar {
  readonly name: string;
  readonly shade: 'plain' | 'good' | 'bad' | 'wait';
  count: number;
  y: number;
  height: number;
  /** Where the next band leaves and arrives. */
  out: number;
  in: number;
}

interface Link {
  readonly from: Bar;
  readonly to: Bar;
  readonly shade: Bar['shade'];
  readonly way: readonly [passdb: string | null, outcome: string, backend: string | null];
  count: number;
}

/** Users as bands from the deciding passdb to the outcome and on to the backend. */
export function flowSvg(ways: readonly FlowBand[]): string {
  const total = ways.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return '';
  const passdbName = grouped(ways, ({ passdb }) => passdb || 'no passdb');
  const backendName = grouped(
    ways.filter(({ backend }) => backend !== ''),
    ({ backend }) => backend,
  );
  const columns = [new Map<string, Bar>(), new Map<string, Bar>(), new Map<string, Bar>()] as const;
  const links = new Map<string, Link>();
  for (const way of ways) {
    const shade = shadeOf(way.outcome);
    const passdb = barOf(columns[0], passdbName(way.passdb || 'no passdb'), 'plain', way.count);
    const outcome = barOf(columns[1], way.outcome, shade, way.count);
    link(links, passdb, outcome, shade, [way.passdb, way.outcome, null], way.count);
    if (way.backend === '') continue;
    const backend = barOf(columns[2], backendName(way.backend), 'plain', way.count);
    link(links, outcome, backend, shade, [null, way.outcome, way.backend], way.count);
  }
  const height = Math.max(...columns.map((column) => placed(column, total)));
  const widths = columns.map((column) => Math.max(60, ...[...column.values()].map(labelWidth)));
  const [first = 0, second = 0, third = 0] = widths;
  const room = Math.max(BAND_ROOM, second + 60);
  const x = [first + 10, first + 10 + BAR + BAND_ROOM, first + 10 + 2 * BAR + BAND_ROOM + room] as const;
  const width = x[2] + BAR + 10 + third;
  const bands = [...links.values()].map((each) => bandSvg(each, columns[0], x, total));
  const bars = columns.flatMap((column, at) =>
    [...column.values()].map((bar) => barSvg(bar, x[at] ?? 0, at === 0 ? 'left' : 'right')),
  );
  const heads = ['passdb', 'outcome', 'backend'].map((name, at) => {
    const anchor = at === 0 ? ' text-anchor="end"' : '';
    return `<text class="head" x="${round((x[at] ?? 0) + (at === 0 ? BAR : 0))}" y="14"${anchor}>${name}</text>`;
  });
  return `<svg id="flow" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="Flow of ${total.toLocaleString('en')} users from passdb to outcome and backend; the table below has the same numbers">
${[...heads, ...bands, ...bars].join('\n')}
</svg>`;
}

/** The names that have a bar of their own; the others share one. */
function grouped(ways: readonly FlowBand[], nameOf: (way: FlowBand) => string): (name: string) => string {
  const counts = new Map<string, number>();
  for (const way of ways) counts.set(nameOf(way), (counts.get(nameOf(way)) ?? 0) + way.count);
  if (counts.size <= MAX_BARS) return (name) => name;
  const sorted = [...counts].sort(([, one], [, other]) => other - one).slice(0, MAX_BARS - 1);
  const own = new Set(sorted.map(([name]) => name));
  const others = `${counts.size - own.size} others`;
  return (name) => (own.has(name) ? name : others);
}

function shadeOf(outcome: Outcome): Bar['shade'] {
  if (isOk(outcome)) return 'good';
  return outcome === 'tempfail' ? 'wait' : 'bad';
}

function barOf(column: Map<string, Bar>, name: string, shade: Bar['shade'], count: number): Bar {
  let bar = column.get(name);
  if (bar === undefined) {
    bar = { name, shade, count: 0, y: 0, height: 0, out: 0, in: 0 };
    column.set(name, bar);
  }
  bar.count += count;
  return bar;
}

function link(
  links: Map<string, Link>,
  from: Bar,
  to: Bar,
  shade: Bar['shade'],
  way: Link['way'],
  count: number,
): void {
  const key = JSON.stringify([from.name, to.name, shade]);
  const known = links.get(key);
  if (known === undefined) links.set(key, { from, to, shade, way, count });
  else known.count += count;
}

/** Gives the bars of a column their places; returns where the column ends. */
function placed(column: ReadonlyMap<string, Bar>, total: number): number {
  let y = TOP;
  for (const bar of column.values()) {
    bar.y = y;
    bar.height = Math.max(MIN_HEIGHT, (HEIGHT * bar.count) / total);
    y += Math.max(bar.height, 16) + GAP;
  }
  return y;
}

function bandSvg(
  { from, to, shade, way, count }: Link,
  passdbs: ReadonlyMap<string, Bar>,
  x: readonly [number, number, number],
  total: number,
): string {
  const isFirst = passdbs.get(from.name) === from;
  const size = Math.max(1, (HEIGHT * count) / total);
  const start = x[isFirst ? 0 : 1] + BAR;
  const end = x[isFirst ? 1 : 2];
  const one = from.y + from.out + size / 2;
  const other = to.y + to.in + size / 2;
  from.out += size;
  to.in += size;
  const middle = (start + end) / 2;
  const title = `${from.name} to ${to.name}: ${count.toLocaleString('en')}`;
  const filter = xmlText(JSON.stringify(way.map((name) => (name === null ? null : displayText(name)))));
  return `<path class="band ${shade}" data-way="${filter}" stroke-width="${round(size)}" d="M${round(start)} ${round(one)}C${round(middle)} ${round(one)} ${round(middle)} ${round(other)} ${round(end)} ${round(other)}"><title>${xmlText(displayText(title))}</title></path>`;
}

function barSvg(bar: Bar, x: number, side: 'left' | 'right'): string {
  const y = bar.y + Math.max(bar.height, 16) / 2 + 4;
  const at = side === 'left' ? x - 8 : x + BAR + 8;
  const anchor = side === 'left' ? ' text-anchor="end"' : '';
  return `<rect class="bar ${bar.shade}" x="${round(x)}" y="${round(bar.y)}" width="${BAR}" height="${round(bar.height)}"/><text x="${round(at)}" y="${round(y)}"${anchor}>${xmlText(label(bar))}</text>`;
}

function label({ name, count }: Bar): string {
  return `${displayText(name)} ${count.toLocaleString('en')}`;
}

function labelWidth(bar: Bar): number {
  return displayWidth(label(bar)) * CHARACTER + 8;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
