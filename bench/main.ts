import { cpus, release } from 'node:os';
import { benchCommandLine } from './command-line.js';
import { benchParser } from './parser.js';

const which = process.argv[2] ?? 'all';
const rounds = Number(process.argv[3] ?? 7);

console.log(
  `Machine: ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`,
);
console.log(`Date: ${new Date().toISOString().slice(0, 10)}; medians of ${rounds} rounds\n`);
if (which === 'all' || which === 'parser') console.log(benchParser(rounds));
if (which === 'all' || which === 'command-line') console.log(benchCommandLine(rounds));
