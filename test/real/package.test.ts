import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What a user's project has: strict, and nothing of this repository. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2022',
    module: 'nodenext',
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: ['node'],
  },
  files: ['example.ts'],
};

const EXAMPLE = `
import { check, createProxy, loadConfig, openSimulator, simulate, type Proxy, type SimulationDocument } from 'dvproxy';

const loaded = loadConfig('dovecot.conf', { dovecot: '2.3', map: { '/etc/dovecot': '.' } });
const codes: string[] = check(loaded).map(({ code }) => code);
const answer: SimulationDocument = await simulate(loaded, 'bob', { question: { service: 'pop3', password: 'secret' } });
const simulator = openSimulator(loaded, { fixtures: [] });
const refused = await simulator.ask('bob', { password: 'wrong' });
await simulator.close();
const proxy: Proxy = await createProxy(loaded, { listen: [{ protocol: 'imap' }], log: (line: string) => console.error(line) });
const endpoints: readonly string[] = proxy.endpoints;
await proxy.stop(0);
// @ts-expect-error there is no such protocol
void (() => createProxy(loaded, { listen: [{ protocol: 'gopher' }] }));
console.log(codes.includes('DV999'), answer.outcome, answer.destination?.port, refused.outcome, endpoints.length);
`;

describe('the package in a project of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-package-'));

  beforeAll(() => {
    if (!existsSync('dist/library.mjs') || !existsSync('dist/types'))
      execFileSync(process.execPath, ['scripts/build.mjs']);
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as { filename: string }[];
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    execFileSync('tar', ['-xzf', join(folder, packed?.filename ?? ''), '-C', modules]);
    execFileSync('mv', [join(modules, 'package'), join(modules, 'dvproxy')]);
    // What npm would install beside it.
    for (const name of readdirSync('node_modules'))
      if (!name.startsWith('.')) symlinkSync(resolve('node_modules', name), join(modules, name));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    writeFileSync(join(folder, 'example.ts'), EXAMPLE);
    writeFileSync(
      join(folder, 'dovecot.conf'),
      'ssl = no\npassdb {\n  driver = static\n  args = password=secret proxy=y host=192.0.2.1\n}\n',
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('its types are what the library does', () => {
    const tsc = resolve('node_modules/typescript/bin/tsc');
    expect(() => execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })).not.toThrow();
  });

  test('the library runs', () => {
    const code = EXAMPLE.replaceAll(/, type \w+/g, '').replaceAll(
      /: (?:string\[\]|SimulationDocument|Proxy|readonly string\[\]|string)(?= =|\))/g,
      '',
    );
    writeFileSync(join(folder, 'example.mjs'), code);
    expect(execFileSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' })).toBe(
      'false ok_proxy 110 fail_password 1\n',
    );
  });

  test('the program runs', () => {
    const program = join(folder, 'node_modules/dvproxy/bin/dvproxy.js');
    const version = JSON.parse(readFileSync('package.json', 'utf8')).version;
    expect(execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });
});
