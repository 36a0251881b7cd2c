import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const BUILT = existsSync('dist/check.pack.cjs');
if (!BUILT) console.log('skipped: the built program, because nothing is built (npm run build)');

describe.runIf(BUILT)('the built program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dvproxy-built-'));
  const dist = join(folder, 'dist');
  const guide = resolve('fixtures/guide/as-written/proxy');

  beforeAll(() => {
    for (const name of ['bin', 'dist', 'package.json']) cpSync(name, join(folder, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const check = (...more: string[]) => {
    const args = ['check', '-c', join(guide, 'dovecot.conf'), '--map', `/etc/dovecot=${guide}`, ...more];
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(folder, 'bin/dvproxy.js'), ...args],
      {
        encoding: 'utf8',
      },
    );
    return { stdout, stderr, status };
  };

  /** Node's own modules that a command loads for the guide's corrected proxy, a line each. */
  const loadedBy = (...args: string[]) => {
    const list = join(folder, 'loaded.cjs');
    writeFileSync(list, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))");
    const corrected = resolve('fixtures/guide/corrected/proxy');
    const mapped = ['-c', join(corrected, 'dovecot.conf'), '--map', `/etc/dovecot=${corrected}`];
    const command = ['-r', list, resolve('bin/dvproxy.js'), ...args, ...mapped];
    return spawnSync(process.execPath, command, { encoding: 'utf8' }).stderr;
  };

  test('says the same with a code cache that V8 refuses, and without packs', () => {
    const packed = check();
    expect(packed.stderr).toBe('');
    expect(packed.stdout).toMatch(/ in \d+ files? \(Dovecot 2\.3\.19\.1\)\./);
    const cache = readFileSync(join(dist, 'check.cache'));
    writeFileSync(join(dist, 'check.cache'), cache.fill(0, 0, 64));
    expect(check()).toEqual(packed);
    rmSync(join(dist, 'check.pack.cjs'));
    expect(check()).toEqual(packed);
  }, 30_000);

  test('starts a check without what it does not need', () => {
    // What is loaded at the start is most of what a check of a small configuration costs.
    for (const series of ['2.3', '2.4']) {
      const packs = ['check', `check-${series}`].map((pack) => statSync(`dist/${pack}.pack.cjs`).size);
      expect(packs.reduce((sum, size) => sum + size)).toBeLessThan(700_000);
    }
    const loaded = loadedBy('check');
    expect(loaded).toContain('NativeModule fs\n');
    expect(loaded).not.toMatch(/^NativeModule (?:net|tty|crypto|internal\/abort_controller)$/m);
  }, 30_000);

  test("starts one user's simulate without what its chain does not need", () => {
    const databases = resolve('fixtures/guide/corrected/databases');
    const fixtures = ['mailproxy.sql', 'maillocal.sql'].flatMap((name) => [
      '--fixture',
      join(databases, name),
    ]);
    const loaded = loadedBy('simulate', 'user1@domain1.com', ...fixtures);
    expect(loaded).toContain('NativeModule os\n');
    expect(loaded).not.toMatch(/^NativeModule (?:net|tty|crypto|readline|stream|dns\/promises)$/m);
  }, 30_000);

  test('loads what a command seldom needs when it is asked for', () => {
    expect(JSON.parse(check('--format', 'sarif').stdout)).toMatchObject({ version: '2.1.0' });
    expect(check('--color', 'always').stdout).toContain('\x1b[');
    expect(check('--color', 'never').stdout).not.toContain('\x1b[');
  }, 30_000);
});
