import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Every TypeScript file below a folder, as a path from the root of the repository. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

const SOURCES = [...filesBelow('grammar'), ...filesBelow('src')];
const GENERATED = /^src\/knowledge\/generated\//;

/** What a file imports, dynamically too; relative ones as paths from the root. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.') ? relative('.', join(dirname(file), name)) : name,
  );
}

/** The layer of a file, or null outside of all. */
function layerOf(path: string): string | null {
  return /^(?:src\/)?([\w-]+)\//.exec(path)?.[1] ?? null;
}

// Which folders each may import from, besides itself (docs/architecture.md).
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  grammar: ['knowledge'],
  knowledge: ['grammar'],
  config: ['grammar', 'knowledge'],
  variables: ['grammar', 'knowledge'],
  passwords: ['grammar', 'knowledge', 'variables'],
  auth: ['grammar', 'knowledge', 'config', 'variables', 'passwords'],
  databases: ['grammar', 'knowledge', 'config', 'variables', 'auth', 'passwords'],
  proxy: ['grammar', 'knowledge', 'config', 'variables', 'auth'],
  serve: ['grammar', 'knowledge', 'config', 'variables', 'auth', 'proxy', 'databases', 'passwords'],
  migrate: ['grammar', 'knowledge', 'config', 'variables', 'auth'],
  check: ['grammar', 'knowledge', 'config', 'variables', 'auth', 'proxy', 'passwords', 'migrate'],
  simulate: ['grammar', 'knowledge', 'config', 'variables', 'auth', 'proxy', 'passwords', 'databases'],
  report: [
    'grammar',
    'knowledge',
    'config',
    'variables',
    'auth',
    'proxy',
    'check',
    'simulate',
    'migrate',
    'serve',
  ],
  cli: [
    'grammar',
    'knowledge',
    'config',
    'variables',
    'passwords',
    'auth',
    'databases',
    'proxy',
    'serve',
    'check',
    'simulate',
    'migrate',
    'report',
  ],
};

/** Packages that only one folder may import. */
const HOMES: Readonly<Record<string, string>> = {
  chalk: 'src/report/',
  commander: 'src/cli/',
  mysql2: 'src/databases/',
  'better-sqlite3': 'src/databases/',
  'prom-client': 'src/serve/',
};

/** Core folders take the world through interfaces. */
const PURE = ['grammar', 'knowledge', 'config', 'variables', 'auth', 'proxy', 'migrate', 'check', 'report'];
const IMPURE =
  /^node:(?:fs|net|tls|dns|child_process|cluster|worker_threads|http|https|os|process|timers|dgram)(?:\/|$)/;

describe('imports', () => {
  test('point one way through the layers', () => {
    const wrong = SOURCES.flatMap((file) => {
      const from = layerOf(file);
      return importsOf(file).flatMap((target) => {
        const to = /^(?:grammar|src)\//.test(target) ? layerOf(target) : null;
        if (from === null || to === null || from === to) return [];
        return ARROWS[from]?.includes(to) ? [] : [`${file} -> ${target}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test('of a package stay in its folder', () => {
    const wrong = SOURCES.flatMap((file) =>
      importsOf(file).flatMap((target) => {
        const home = Object.entries(HOMES).find(
          ([name]) => target === name || target.startsWith(`${name}/`),
        )?.[1];
        return home === undefined || file.startsWith(home) ? [] : [`${file} -> ${target}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('of the core bring no file system, network or process', () => {
    const wrong = SOURCES.filter((file) => PURE.includes(layerOf(file) ?? '')).flatMap((file) =>
      importsOf(file).flatMap((target) =>
        // isIP and BlockList look at text only.
        IMPURE.test(target) && !onlyPure(file, target) ? [`${file} -> ${target}`] : [],
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('every folder of the sources has its place among the layers', () => {
    const folders = new Set(SOURCES.map(layerOf));
    expect([...folders].filter((folder) => folder !== null && ARROWS[folder] === undefined)).toEqual([]);
  });
});

function onlyPure(file: string, target: string): boolean {
  if (target !== 'node:net') return false;
  const names =
    /import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'node:net'/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  return names.split(',').every((name) => /^\s*(?:isIP|isIPv4|isIPv6|BlockList)?\s*$/.test(name));
}

describe('files', () => {
  const ALL = [...SOURCES, ...filesBelow('test'), ...filesBelow('scripts'), ...filesBelow('bench')];

  test('have at most 400 lines, generated ones excepted', () => {
    const long = ALL.filter((file) => !GENERATED.test(file)).flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n').length - 1;
      return lines > 400 ? [`${file}: ${lines}`] : [];
    });
    expect(long).toEqual([]);
  });

  test('are named after one thing, in kebab case', () => {
    const wrong = ALL.filter((file) => {
      const name =
        file
          .split('/')
          .at(-1)
          ?.replace(/(?:\.test)?\.\w+$/, '') ?? '';
      return (
        /^(?:utils?|helpers?|common|misc|manager)$/.test(name) || !/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(name)
      );
    });
    expect(wrong).toEqual([]);
  });

  test('run all tests: none is left with .only', () => {
    const only = filesBelow('test').filter((file) =>
      /\b(?:test|describe|it)\.only\b/.test(
        readFileSync(file, 'utf8')
          .replaceAll(/\/[^/\n]+\/[gimsu]*\.test/g, '')
          .replaceAll(/'[^'\n]*'/g, ''),
      ),
    );
    expect(only.filter((file) => file !== 'test/structure/structure.test.ts')).toEqual([]);
  });
});
