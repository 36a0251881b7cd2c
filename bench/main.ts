import { cpus, release } from 'node:os';
import { benchCheck } from './check-corpus.js';
import { benchColdStart } from './cold-start.js';
import { benchLargeFiles } from './large-files.js';
import { benchManyUsers } from './many-users.js';
import { benchParser } from './parser.js';
import { benchServe } from './serve.js';
import { benchSoak } from './soak.js';
import { benchWalks } from './walks.js';

const which = process.argv[2] ?? 'all';
const rounds = Number(process.argv[3] ?? 7);
/** For `serve`: names of suites, parts of the proxies' labels; for `walks`: tables such as `sqlite-cached`. */
const only = process.argv.slice(4);

console.log(
  `Machine: ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`,
);
console.log(`Date: ${new Date().toISOString().slice(0, 10)}; medians of ${rounds} rounds\n`);
const benches: Readonly<Record<string, (rounds: number) => string | Promise<string>>> = {
  parser: benchParser,
  check: benchCheck,
  'cold-start': benchColdStart,
  'large-files': benchLargeFiles,
  walks: (count) => benchWalks(count, which === 'walks' ? only : []),
  'many-users': benchManyUsers,
  serve: (count) => benchServe(count, only),
};
// Minutes instead of rounds, and only where it is asked for.
if (which === 'soak') console.log(await benchSoak(rounds));
for (const [name, bench] of Object.entries(benches))
  if (which === 'all' || which === name) console.log(await bench(rounds));
