import { spawnSync } from 'node:child_process';

/** One command to measure; run by its argument vector, output thrown away. */
export interface Candidate {
  readonly label: string;
  readonly command: readonly string[];
  /** Label of the candidate that its figures are divided by; the first one otherwise. */
  readonly against?: string;
}

export interface Measured extends Candidate {
  /** Medians over the rounds, milliseconds. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly exitCode: number;
}

// bash's `time` reports the kernel's own accounting of the finished child (getrusage), in milliseconds.
const TIMED = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>/dev/null';

/** Runs all candidates in turn, `rounds` times after one warm-up, so that a drift of the machine meets them alike. */
export function measureInTurn(candidates: readonly Candidate[], rounds: number): Measured[] {
  const runs = candidates.map(() => ({ wall: [] as number[], cpu: [] as number[], exitCode: 0 }));
  for (let round = -1; round < rounds; round++) {
    candidates.forEach((candidate, index) => {
      const result = spawnSync('bash', ['-c', TIMED, 'bash', ...candidate.command], { encoding: 'utf8' });
      const [wall = 0, user = 0, system = 0] = result.stderr.trim().split(/\s+/).slice(-3).map(Number);
      const run = runs[index];
      if (round < 0 || run === undefined) return;
      run.wall.push(wall * 1000);
      run.cpu.push((user + system) * 1000);
      run.exitCode = result.status ?? -1;
    });
  }
  return candidates.map((candidate, index) => ({
    ...candidate,
    wallMs: median(runs[index]?.wall ?? []),
    cpuMs: median(runs[index]?.cpu ?? []),
    exitCode: runs[index]?.exitCode ?? -1,
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** A markdown table of medians with the ratio to what each is compared with. */
export function table(title: string, rows: readonly Measured[]): string {
  const lines = [
    `### ${title}`,
    '',
    '| command | wall ms | CPU ms | wall ratio | CPU ratio | exit |',
    '|---|---|---|---|---|---|',
  ];
  for (const row of rows) {
    const base = rows.find(({ label }) => label === row.against) ?? rows[0];
    const wall = ratio(row.wallMs, base?.wallMs ?? 0);
    const cpu = ratio(row.cpuMs, base?.cpuMs ?? 0);
    lines.push(
      `| ${row.label} | ${row.wallMs.toFixed(1)} | ${row.cpuMs.toFixed(1)} | ${wall} | ${cpu} | ${row.exitCode} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}

export function ratio(value: number, of: number): string {
  return of > 0 ? `${(value / of).toFixed(2)}x` : '-';
}
