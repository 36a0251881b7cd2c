'use strict';
// Runs one command line with its output thrown away and writes what V8 compiled meanwhile into dist/.
const { writeFileSync } = require('node:fs');
const { cacheFile, loadBundle } = require('../bin/bundle.js');

const args = process.argv.slice(2);
const silent = {
  stdout() {},
  stderr() {},
  stdoutIsTty: false,
  stderrIsTty: false,
  columns: 80,
  environment: { NO_COLOR: '1' },
};
const bundle = loadBundle();
bundle.exports.main(args, silent).then((exitCode) => {
  if (exitCode > 1) throw new Error(`dvproxy ${args.join(' ')} ended with ${exitCode}`);
  writeFileSync(cacheFile(args[0]), bundle.script.createCachedData());
});
