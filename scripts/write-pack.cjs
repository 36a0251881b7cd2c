'use strict';
// write-pack.cjs pack|cache COMMAND...: runs one command line with its output thrown away. `pack` writes the chunks that
// were loaded meanwhile into one file, `cache` what V8 compiled of them.
const { readFileSync, writeFileSync } = require('node:fs');
const { cacheFile, dist, loadProgram, packFile } = require('../bin/program.js');

const [part, ...args] = process.argv.slice(2);
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

const program = loadProgram(args[0]);
program.exports.main(args, silent).then((exitCode) => {
  if (exitCode > 1) throw new Error(`dvproxy ${args.join(' ')} ended with ${exitCode}`);
  if (part === 'pack') writeFileSync(packFile(args[0]), packOf([...program.names]), 'latin1');
  else writeFileSync(cacheFile(args[0]), program.script.createCachedData());
});
