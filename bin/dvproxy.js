#!/usr/bin/env node
'use strict';
const { loadBundle } = require('./bundle.js');

const args = process.argv.slice(2);
loadBundle(args[0])
  .exports.main(args)
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
