import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFolder } from '../docs/console.js';

const BUILT = existsSync('dist/cli.cjs');
if (!BUILT) console.log('skipped: the script of action.yml, because nothing is built (npm run build)');

function action(folder: string, environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(resolve('ci/check.sh'), [], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment },
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

describe.runIf(BUILT)('the script of action.yml', () => {
  const files = new Map([['conf/dovecot.conf', 'auth_verbose = maybe\n']]);

  test('annotates and fails', async () => {
    await inFolder(files, async (folder) => {
      const { status, text } = action(folder, { DVPROXY_FILES: 'conf' });
      expect(text).toContain('::error file=conf/dovecot.conf,line=1,');
      expect(status).toBe(1);
    });
  }, 30_000);

  test('writes a report to a file', async () => {
    await inFolder(files, async (folder) => {
      const { status } = action(folder, {
        DVPROXY_FILES: 'conf',
        DVPROXY_FORMAT: 'sarif',
        DVPROXY_OUTPUT: 'a b.sarif',
      });
      expect(JSON.parse(readFileSync(join(folder, 'a b.sarif'), 'utf8')).version).toBe('2.1.0');
      expect(status).toBe(1);
    });
  }, 30_000);
});

test('the inputs of action.yml are those that its script reads', () => {
  const read = [...readFileSync('ci/check.sh', 'utf8').matchAll(/\$\{(DVPROXY_\w+)/g)].map(
    ([, name]) => name,
  );
  const given = [...readFileSync('action.yml', 'utf8').matchAll(/^ +(DVPROXY_\w+):/gm)].map(
    ([, name]) => name,
  );
  expect(new Set(read)).toEqual(new Set(given));
});
