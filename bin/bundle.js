'use strict';
// Loads dist/cli.cjs with V8's code cache of the command that is asked for. The cache is made at build time; V8 refuses
// it where the Node version or the bundle differs, and then compiles as usual: slower by some 60 ms, nothing else.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script, constants } = require('node:vm');

const dist = join(__dirname, '..', 'dist');
const bundleFile = join(dist, 'cli.cjs');

/** Node's own modules that take milliseconds to load and that many commands import but do not use. */
const LAZY = new Set(['node:child_process', 'node:crypto', 'node:net', 'node:tls', 'node:worker_threads']);

const cacheFile = (command) => join(dist, `cli-${command}.cache`);

function cachedCode(command) {
  try {
    return /^[a-z]+$/.test(command) ? readFileSync(cacheFile(command)) : undefined;
  } catch {
    return undefined;
  }
}

/** require() that loads the modules of LAZY when their first member is asked for. */
function lazyRequire(base) {
  return (name) => {
    if (!LAZY.has(name)) return base(name);
    const handler = {
      get: (_, member) => base(name)[member],
      has: (_, member) => member in base(name),
      ownKeys: () => Reflect.ownKeys(base(name)),
      getOwnPropertyDescriptor: (_, member) => {
        const descriptor = Object.getOwnPropertyDescriptor(base(name), member);
        return descriptor && { ...descriptor, configurable: true };
      },
    };
    return new Proxy({}, handler);
  };
}

/** The bundle's exports and its script (`createCachedData` after a run gives the command's cache). */
function loadBundle(command = '') {
  // The bundle is ASCII (the build says so), and one byte per character reads faster than UTF-8.
  const source = readFileSync(bundleFile, 'latin1');
  const script = new Script(`(function (exports, require, module, __bundleUrl) {${source}\n})`, {
    filename: bundleFile,
    cachedData: cachedCode(command),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(
    module.exports,
    lazyRequire(createRequire(bundleFile)),
    module,
    pathToFileURL(bundleFile).href,
  );
  return { script, exports: module.exports };
}

module.exports = { bundleFile, cacheFile, loadBundle };
