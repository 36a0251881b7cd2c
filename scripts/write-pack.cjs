'use strict';
// write-pack.cjs pack|cache COMMAND LINES: runs command lines of one command (JSON: lists of lists of arguments by the
// name of their pack); its own output is to be thrown away. `pack` writes the chunks that each list loads into the list's
// pack, those that all of them load into the command's own; `cache` what V8 compiled of them.
const { readFileSync, writeFileSync } = require('node:fs');
const { cacheFile, dist, ELSEWHERE, loadProgram, packFile } = require('../bin/dvproxy.js');

const [part, command, lines] = process.argv.slice(2);

function packOf(names, elsewhere) {
  const chunks = names.map(
    (name) => `${JSON.stringify(name)}:${readFileSync(`${dist}chunks/${name}.cjs`, 'latin1')}`,
  );
  if (elsewhere.size > 0)
    chunks.push(`${JSON.stringify(ELSEWHERE)}:${JSON.stringify(Object.fromEntries(elsewhere))}`);
  return `({${chunks.join(',\n')}})`;
}

/** Runs the lines one after the other. */
async function run(program, commandLines) {
  for (const args of commandLines) {
    const exitCode = await program.exports.main(args);
    if (exitCode > 1) throw new Error(`dvproxy ${args.join(' ')} ended with ${exitCode}`);
  }
}

async function writePacks(packs) {
  const loaded = new Map();
  for (const [pack, commandLines] of packs) {
    const program = loadProgram(command);
    await run(program, commandLines);
    loaded.set(pack, [...program.names()]);
  }
  const lists = [...loaded.values()];
  const common = lists[0].filter((name) => lists.every((names) => names.includes(name)));
  const elsewhere = new Map();
  for (const [pack, names] of loaded) {
    const own = names.filter((name) => !common.includes(name));
    if (own.length === 0) continue;
    for (const name of own) if (!elsewhere.has(name)) elsewhere.set(name, pack);
    const here = own.filter((name) => elsewhere.get(name) === pack);
    writeFileSync(packFile(pack), packOf(here, new Map()), 'latin1');
  }
  writeFileSync(packFile(command), packOf(common, elsewhere), 'latin1');
}

async function writeCaches(packs) {
  const program = loadProgram(command);
  for (const [, commandLines] of packs) await run(program, commandLines);
  for (const [pack, script] of program.scripts) writeFileSync(cacheFile(pack), script.createCachedData());
}

const packs = Object.entries(JSON.parse(lines));
void (part === 'cache' ? writeCaches(packs) : writePacks(packs));
