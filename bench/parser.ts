import { parseDovecotConf } from '../grammar/dovecot-conf/parser.js';
import type { Statement } from '../grammar/dovecot-conf/tree.js';
import { Source } from '../grammar/source.js';
import { generatedConfig } from './generated-config.js';
import { median } from './measure.js';

/** Parse rates in this process: the lines with their offsets, and the same with every node looked at. */
export function benchParser(rounds: number): string {
  const lines = [
    '### Parser',
    '',
    '| input | MB | parsed, MB per CPU second | parsed and every node read, MB per CPU second |',
    '|---|---|---|---|',
  ];
  for (const [kind, count] of [
    ['flat', 156_000],
    ['passdb', 110_000],
  ] as const) {
    for (const series of ['2.3', '2.4'] as const) {
      const text = generatedConfig(series, kind, count);
      const parse: number[] = [];
      const readAll: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const before = process.cpuUsage();
        const tree = parseDovecotConf(new Source('large', text), series);
        parse.push(cpuMs(before));
        if (tree.problems.length > 0)
          throw new Error(`the generated file has problems: ${tree.problems[0]?.message}`);
        const size = covered(tree.statements);
        readAll.push(cpuMs(before));
        if (size !== text.length) throw new Error('the tree has lost text');
      }
      const megabytes = text.length / 1e6;
      const rate = (times: readonly number[]) => ((megabytes / median(times)) * 1000).toFixed(1);
      lines.push(`| ${kind}, ${series} | ${megabytes.toFixed(1)} | ${rate(parse)} | ${rate(readAll)} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Bytes of the leaves; reads keys and values too. */
function covered(statements: readonly Statement[]): number {
  let size = 0;
  for (const node of statements) {
    if (node.kind === 'section') {
      size += node.headSpan.end - node.headSpan.start + covered(node.body);
      if (node.end !== null) size += node.end.span.end - node.end.span.start;
    } else size += node.span.end - node.span.start;
    if (node.kind === 'setting' && node.key.length + node.value.text.length < 0) size++;
  }
  return size;
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1000;
}
