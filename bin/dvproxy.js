#!/usr/bin/env node
'use strict';
// Loads the bundle of dist/: chunks that load each other when they are needed. The chunks of a common command stand
// together in its pack, with V8's code cache made at build time; those that only a configuration of 2.3 or of 2.4
// needs in a second one. V8 refuses the cache where the Node version or the pack
// differs, and then compiles as usual: slower by some 40 ms, nothing else.
const { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } = require('node:fs');
const { Script, constants } = require('node:vm');

const dist = `${__dirname}/../dist/`;

/** Node's own modules that take milliseconds to load and that many commands import but do not use. */
const LAZY = new Set([
  'node:child_process',
  'node:crypto',
  'node:dns/promises',
  'node:fs/promises',
  'node:net',
  'node:os',
  'node:readline',
  'node:timers/promises',
  'node:tls',
  'node:tty',
  'node:url',
  'node:v8',
  'node:worker_threads',
]);

const packFile = (pack) => `${dist}${pack}.pack.cjs`;
const cacheFile = (pack) => `${dist}${pack}.cache`;

/** Member of a pack that names the pack of each chunk that it left to another one. */
const ELSEWHERE = '/elsewhere';

/** What files are read into, one after the other: fresh memory costs more than reading. */
let room = Buffer.alloc(0);

/** The bytes of a file, until the next one is read. */
function bytesIfThere(file) {
  let descriptor;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size > room.length) room = Buffer.allocUnsafeSlow(Math.max(size, 2 ** 19));
    let end = 0;
    for (let read = -1; read !== 0 && end < size; end += read)
      read = readSync(descriptor, room, end, size - end);
    return room.subarray(0, end);
  } finally {
    closeSync(descriptor);
  }
}

/** require() that loads the modules of LAZY when their first member is asked for. */
function lazyRequire(name) {
  if (!LAZY.has(name)) return require(name);
  let loaded;
  const load = () => {
    loaded ??= require(name);
    return loaded;
  };
  return new Proxy(
    {},
    {
      get: (_, member) => load()[member],
      has: (_, member) => member in load(),
      ownKeys: () => Reflect.ownKeys(load()),
      getOwnPropertyDescriptor: (_, member) => {
        const descriptor = Object.getOwnPropertyDescriptor(load(), member);
        return descriptor && { ...descriptor, configurable: true };
      },
    },
  );
}

/** The value of a script. Its text is ASCII (the build says so), and one byte per character reads faster than UTF-8. */
function run(file, source, cachedData) {
  const script = new Script(source, {
    filename: file,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return { script, value: script.runInThisContext() };
}

/** The program's exports; `scripts` of its packs (`createCachedData` after a run) and `names` of loaded chunks are for the build. */
function loadProgram(command = '') {
  const scripts = new Map();
  const packs = new Map();
  const openPack = (name) => {
    if (packs.has(name)) return packs.get(name);
    const packed = bytesIfThere(packFile(name))?.latin1Slice();
    const pack =
      packed === undefined ? undefined : run(packFile(name), packed, bytesIfThere(cacheFile(name)));
    if (pack !== undefined) scripts.set(name, pack.script);
    packs.set(name, pack?.value);
    return pack?.value;
  };
  const pack = /^[a-z]+$/.test(command) ? openPack(command) : undefined;
  const packed = (name) => {
    const elsewhere = pack?.[ELSEWHERE]?.[name];
    return elsewhere === undefined ? pack?.[name] : openPack(elsewhere)?.[name];
  };
  const loaded = new Map();
  const load = (name) => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const file = `${dist}chunks/${name}.cjs`;
    const chunk = packed(name) ?? run(file, readFileSync(file, 'latin1')).value;
    const module = { exports: {} };
    loaded.set(name, module);
    chunk(module, lazyRequire, load, loadLater, dist);
    return module.exports;
  };
  const loadLater = async (name) => load(name);
  // The chunk to begin with is the first of a pack.
  const main = pack === undefined ? require(`${dist}cli.cjs`) : Object.keys(pack)[0];
  const exports = load(main);
  return { exports, scripts, names: () => loaded.keys() };
}

function start(args) {
  const isBuilt = existsSync(`${dist}cli.cjs`);
  if (!isBuilt) {
    process.stderr.write('dvproxy: not built yet: run "npm ci" or "npm run build" in its folder\n');
    process.exitCode = 3;
    return;
  }
  loadProgram(args[0])
    .exports.main(args)
    .then((exitCode) => process.exit(exitCode));
}

module.exports = { dist, packFile, cacheFile, ELSEWHERE, loadProgram };

if (require.main === module) start(process.argv.slice(2));
