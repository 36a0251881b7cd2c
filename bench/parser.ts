import { parseDovecotConf } from '../grammar/dovecot-conf/parser.js';
import { Source } from '../grammar/source.js';
import { generatedConfig } from './generated-config.js';
import { median } from './measure.js';

/** Chevrotain construction (the first parse of a small file) and parse rates, in this process. */
export function benchParser(rounds: number): string {
  const started = process.cpuUsage();
  parseDovecotConf(new Source('small', 'protocols = imap\n'), '2.3');
  const construction = cpuMs(started);
  const lines = [
    '### Parser',
    '',
    `Construction of lexer and parser with the first small file: ${construction.toFixed(1)} CPU ms.`,
    '',
    '| input | MB | CPU ms | MB per CPU second |',
    '|---|---|---|---|',
  ];
  for (const [kind, count] of [
    ['flat', 156_000],
    ['passdb', 110_000],
  ] as const) {
    for (const series of ['2.3', '2.4'] as const) {
      const text = generatedConfig(series, kind, count);
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const before = process.cpuUsage();
        const tree = parseDovecotConf(new Source('large', text), series);
        times.push(cpuMs(before));
        if (tree.problems.length > 0)
          throw new Error(`the generated file has problems: ${tree.problems[0]?.message}`);
      }
      const ms = median(times);
      const megabytes = text.length / 1e6;
      lines.push(
        `| ${kind}, ${series} | ${megabytes.toFixed(1)} | ${ms.toFixed(0)} | ${((megabytes / ms) * 1000).toFixed(1)} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1000;
}
