import { existsSync, readFileSync, statSync } from 'node:fs';
import { checkFile } from '../src/cli/check-file.js';
import type { DovecotVersion } from '../src/knowledge/versions.js';

const CORPUS = '../shared/corpus';

interface CorpusSet {
  readonly slug: string;
  /** null: a database file alone. */
  readonly main: string | null;
  readonly files: readonly string[];
  readonly version_guess: string;
}

/** `check` of every configuration of the corpus in this one process: what an editor or a CI of many servers sees. */
export function benchCheck(rounds: number): string {
  if (!existsSync(`${CORPUS}/index.json`)) return `check: skipped, ${CORPUS} is not there\n`;
  const sets: readonly CorpusSet[] = JSON.parse(readFileSync(`${CORPUS}/index.json`, 'utf8'));
  const times: number[] = [];
  let read = { files: 0, bytes: 0, findings: 0 };
  for (let round = 0; round < rounds; round++) {
    const cpu = process.cpuUsage();
    read = checkAll(sets);
    const { user, system } = process.cpuUsage(cpu);
    times.push((user + system) / 1000);
  }
  const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  const megabytes = read.bytes / 1e6;
  const row = (name: string, milliseconds: number) =>
    `| ${name} | ${milliseconds.toFixed(0)} | ${((read.files / milliseconds) * 1000).toFixed(0)} | ${((megabytes / milliseconds) * 1000).toFixed(2)} |`;
  return [
    `check: ${sets.length} configurations, ${read.files} files, ${megabytes.toFixed(2)} MB, ${read.findings} findings; peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
    '',
    '| | CPU ms | files per CPU second | MB per CPU second |',
    '| --- | --- | --- | --- |',
    row('first round, cold', times[0] ?? 0),
    row(`median of ${rounds} rounds`, median),
    '',
  ].join('\n');
}

function checkAll(sets: readonly CorpusSet[]) {
  const read = { files: 0, bytes: 0, findings: 0 };
  const project = { severities: new Map(), isExtraSetting: () => false, isIgnored: () => false, map: [] };
  for (const { slug, main, files, version_guess } of sets) {
    const dovecot: DovecotVersion = version_guess === '2.4' ? '2.4.1' : '2.3.19.1';
    const report = checkFile(`${CORPUS}/${slug}/${main ?? files[0]}`, {
      dovecot,
      map: [{ from: '/etc/dovecot', to: `${CORPUS}/${slug}` }],
      lenient: false,
      resolve: false,
      texts: new Map(),
      severities: new Map(),
      project,
    });
    read.findings += report.diagnostics.length;
    for (const file of report.files) {
      read.files += 1;
      read.bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return read;
}
