import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Series } from '../src/knowledge/versions.js';
import { DOVECOT_24_ROOT } from '../test/real/servers/dovecot-2.4-root.js';
import { type GeneratedKind, generatedConfig } from './generated-config.js';
import { type Candidate, type Measured, measureInTurn, ratio, table } from './measure.js';
import { DVPROXY } from './program.js';

const FLOOR = 'node -e 0';
const SERIES: readonly Series[] = ['2.3', '2.4'];
const BLOCKS: readonly GeneratedKind[] = ['passdb', 'local_name', 'mailbox', 'namespace'];

/** Lines of flat settings that make a megabyte. */
const LINES_A_MEGABYTE = 15_600;

/** Blocks and flat settings, `dvproxy config -n` and `check` beside the real `doveconf` of the same version. */
export function benchLargeFiles(rounds: number): string {
  const folders: Folders = {
    '2.3': mkdtempSync(join(tmpdir(), 'dvproxy-bench-')),
    '2.4': join(DOVECOT_24_ROOT, 'tmp', 'dvproxy-bench'),
  };
  mkdirSync(folders['2.4'], { recursive: true });
  try {
    const parts: string[] = [];
    const linear: string[] = [];
    const inputs = [
      ...BLOCKS.map((kind) => ({ kind, title: `5,000 ${kind} blocks`, counts: [500, 5_000] })),
      { kind: 'flat', title: '10 MB of flat settings', counts: [LINES_A_MEGABYTE, 10 * LINES_A_MEGABYTE] },
    ] as const;
    for (const { kind, title, counts } of inputs) {
      const [small = 0, large = 0] = counts;
      const ofSmall = measureInTurn(candidates(folders, kind, small), rounds);
      const ofLarge = measureInTurn(candidates(folders, kind, large), rounds);
      if (kind === 'flat') parts.push(table('1 MB of flat settings', ofSmall));
      parts.push(table(title, ofLarge));
      linear.push(...growth(kind, ofSmall, ofLarge));
    }
    parts.push(
      [
        '### Ten times the input (500 and 5,000 blocks, 1 and 10 MB)',
        '',
        'CPU time without the start of Node (of doveconf: without nothing).',
        '',
        '| input | command | growth |',
        '|---|---|---|',
        ...linear,
        '',
      ].join('\n'),
    );
    return parts.join('\n');
  } finally {
    for (const series of SERIES) rmSync(folders[series], { recursive: true, force: true });
  }
}

type Folders = Readonly<Record<Series, string>>;

function candidates(folders: Folders, kind: GeneratedKind, count: number): Candidate[] {
  const ofSeries = (series: Series): Candidate[] => {
    const name = `${kind}.conf`;
    const file = join(folders[series], name);
    writeFileSync(file, generatedConfig(series, kind, count));
    const real =
      series === '2.3'
        ? ['doveconf', '-n', '-c', file]
        : ['chroot', DOVECOT_24_ROOT, 'doveconf', '-n', '-c', `/tmp/dvproxy-bench/${name}`];
    const against = `doveconf -n ${series}`;
    return [
      { label: against, command: real, against },
      { label: `dvproxy config -n ${series}`, command: [...DVPROXY, 'config', '-n', '-c', file], against },
      { label: `dvproxy check ${series}`, command: [...DVPROXY, 'check', '-c', file], against },
    ];
  };
  return [{ label: FLOOR, command: [process.execPath, '-e', '0'] }, ...SERIES.flatMap(ofSeries)];
}

/** How much longer the large input takes, the start of Node taken off. */
function growth(kind: GeneratedKind, small: readonly Measured[], large: readonly Measured[]): string[] {
  const floor = (rows: readonly Measured[]) => rows.find(({ label }) => label === FLOOR)?.cpuMs ?? 0;
  return large.flatMap((row) => {
    const before = small.find(({ label }) => label === row.label);
    if (before === undefined || row.label === FLOOR) return [];
    const isReal = row.label.startsWith('doveconf');
    const net = (ms: number, rows: readonly Measured[]) => (isReal ? ms : ms - floor(rows));
    return [`| ${kind} | ${row.label} | ${ratio(net(row.cpuMs, large), net(before.cpuMs, small))} |`];
  });
}
