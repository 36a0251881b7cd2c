'use strict';
// write-pack.cjs pack|cache LINES: runs command lines of one command (JSON: a list of lists of arguments) with their
// output thrown away. `pack` writes the chunks that were loaded meanwhile into one file, `cache` what V8 compiled of them.
const { readFileSync, writeFileSync } = require('node:fs');
const { cacheFile, dist, loadProgram, packFile } = require('../bin/dvproxy.js');

const [part, lines] = process.argv.slice(2);
const silent = {
  stdout() {},
  stderr() {},
  stdoutIsTty: false,
  stderrIsTty: false,
  columns: 80,
  environment: { NO_COLOR: '1' },
};

function packOf(names) {
  const chunks = names.map(
    (name) => `${JSON.stringify(name)}:${readFileSync(`${dist}chunks/${name}.cjs`, 'latin1')}`,
  );
  return `({${chunks.join(',\n')}})`;
}

async function main() {
  const [first, ...others] = JSON.parse(lines);
  const [command] = first;
  const program = loadProgram(command);
  for (const args of [first, ...others]) {
    const exitCode = await program.exports.main(args, silent);
    if (exitCode > 1) throw new Error(`dvproxy ${args.join(' ')} ended with ${exitCode}`);
  }
  if (part === 'pack') writeFileSync(packFile(command), packOf([...program.names]), 'latin1');
  else writeFileSync(cacheFile(command), program.script.createCachedData());
}

void main();
