'use strict';
// write-pack.cjs pack|cache LINES: runs command lines of one command (JSON: lists of lists of arguments by the name of
// their pack, the command's own first) with their output thrown away. `pack` writes the chunks that were loaded
// meanwhile into one file for each name, those of earlier ones left out; `cache` what V8 compiled of them.
const { readFileSync, writeFileSync } = require('node:fs');
const { cacheFile, dist, ELSEWHERE, loadProgram, packFile } = require('../bin/dvproxy.js');

const [part, lines] = process.argv.slice(2);
const silent = {
  stdout() {},
  stderr() {},
  stdoutIsTty: false,
  stderrIsTty: false,
  columns: 80,
  environment: { NO_COLOR: '1' },
};

function packOf(names, elsewhere) {
  const chunks = names.map(
    (name) => `${JSON.stringify(name)}:${readFileSync(`${dist}chunks/${name}.cjs`, 'latin1')}`,
  );
  if (elsewhere.size > 0)
    chunks.push(`${JSON.stringify(ELSEWHERE)}:${JSON.stringify(Object.fromEntries(elsewhere))}`);
  return `({${chunks.join(',\n')}})`;
}

async function main() {
  const packs = Object.entries(JSON.parse(lines));
  const [[command]] = packs;
  const program = loadProgram(command);
  const loaded = new Map();
  for (const [pack, commandLines] of packs) {
    for (const args of commandLines) {
      const exitCode = await program.exports.main(args, silent);
      if (exitCode > 1) throw new Error(`dvproxy ${args.join(' ')} ended with ${exitCode}`);
    }
    const earlier = new Set([...loaded.values()].flat());
    const names = [...program.names()].filter((name) => !earlier.has(name));
    loaded.set(pack, names);
  }
  if (part === 'cache') {
    for (const [pack, script] of program.scripts) writeFileSync(cacheFile(pack), script.createCachedData());
    return;
  }
  const elsewhere = new Map();
  for (const [pack, names] of loaded)
    if (pack !== command) for (const name of names) elsewhere.set(name, pack);
  for (const [pack, names] of loaded)
    writeFileSync(packFile(pack), packOf(names, pack === command ? elsewhere : new Map()), 'latin1');
}

void main();
