#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { dist, loadProgram } = require('./program.js');

const args = process.argv.slice(2);
if (existsSync(`${dist}cli.cjs`)) {
  loadProgram(args[0])
    .exports.main(args)
    .then((exitCode) => {
      process.exit(exitCode);
    });
} else {
  process.stderr.write('dvproxy: not built yet: run "npm ci" or "npm run build" in its folder\n');
  process.exitCode = 3;
}
