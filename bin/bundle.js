'use strict';
// Loads dist/cli.cjs with V8's code cache of the command that is asked for. The cache is made at build time; V8 refuses
// it where the Node version or the bundle differs, and then compiles as usual: slower by some 60 ms, nothing else.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script, constants } = require('node:vm');

const dist = join(__dirname, '..', 'dist');
const file = join(dist, 'cli.cjs');

const cacheFile = (command) => join(dist, `cli-${command}.cache`);

function cachedCode(command) {
  try {
    return /^[a-z]+$/.test(command) ? readFileSync(cacheFile(command)) : undefined;
  } catch {
    return undefined;
  }
}

/** The bundle's exports and its script (`createCachedData` after a run gives the command's cache). */
function loadBundle(command = '') {
  // The bundle is ASCII (the build says so), and one byte per character reads faster than UTF-8.
  const source = readFileSync(file, 'latin1');
  const script = new Script(`(function (exports, require, module, __bundleUrl) {${source}\n})`, {
    filename: file,
    cachedData: cachedCode(command),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, pathToFileURL(file).href);
  return { script, exports: module.exports };
}

module.exports = { loadBundle, cacheFile };
