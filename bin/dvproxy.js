#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { bundleFile, loadBundle } = require('./bundle.js');

const args = process.argv.slice(2);
if (existsSync(bundleFile)) {
  loadBundle(args[0])
    .exports.main(args)
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
} else {
  process.stderr.write('dvproxy: not built yet: run "npm ci" or "npm run build" in its folder\n');
  process.exitCode = 3;
}
