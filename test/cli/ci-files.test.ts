import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
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

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly files: string;
}

describe('the pieces that others include', () => {
  test('the hooks of pre-commit run a program that is there, for configuration files', () => {
    const hooks: readonly Hook[] = parse(readFileSync('.pre-commit-hooks.yaml', 'utf8'));
    expect(hooks.map(({ id }) => id)).toEqual(['dvproxy-check', 'dvproxy-fix']);
    for (const { entry, files } of hooks) {
      const [program = ''] = entry.split(' ');
      expect(statSync(program).mode & 0o111).toBe(0o111);
      expect('conf/dovecot.conf').toMatch(new RegExp(files));
      expect('conf/dovecot-sql.conf.ext').toMatch(new RegExp(files));
      expect('README.md').not.toMatch(new RegExp(files));
    }
  });

  test('every script is one that sh can read', () => {
    for (const script of ['ci/check.sh', 'ci/pre-commit.sh'])
      expect(spawnSync('sh', ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  test('the template of GitLab has lines for sh and a report where its script writes one', () => {
    const { dvproxy: job } = parse(readFileSync('ci/gitlab.yml', 'utf8'));
    const script = job.script as readonly string[];
    expect(spawnSync('sh', ['-n'], { input: script.join('\n'), encoding: 'utf8' })).toMatchObject({
      status: 0,
    });
    const report: string = job.artifacts.reports.codequality;
    expect(script.at(-1)).toContain(`DVPROXY_OUTPUT=${report}`);
  });

  test.runIf(BUILT)(
    'the last line of that template writes a report',
    async () => {
      const files = new Map([['conf/dovecot.conf', 'auth_verbose = maybe\n']]);
      await inFolder(files, async (folder) => {
        const { status } = action(folder, {
          DVPROXY_FILES: 'conf',
          DVPROXY_FORMAT: 'gitlab',
          DVPROXY_OUTPUT: 'gl-code-quality-report.json',
        });
        expect(status).toBe(1);
        const report = JSON.parse(readFileSync(join(folder, 'gl-code-quality-report.json'), 'utf8'));
        expect(report).toMatchObject([{ location: { path: 'conf/dovecot.conf', lines: { begin: 1 } } }]);
      });
    },
    30_000,
  );

  test.runIf(BUILT)(
    'the hook for repairs repairs',
    async () => {
      await inFolder(new Map([['dovecot.conf', 'ssl_cert = /etc/ssl/a.pem\n']]), async (folder) => {
        const { status } = spawnSync(resolve('ci/pre-commit.sh'), ['--fix', 'dovecot.conf'], { cwd: folder });
        expect(status).toBe(0);
        expect(readFileSync(join(folder, 'dovecot.conf'), 'utf8')).toBe('ssl_cert = </etc/ssl/a.pem\n');
      });
    },
    30_000,
  );

  test('the container file copies what package.json publishes for the program', () => {
    const text = readFileSync('Containerfile', 'utf8');
    const copied = [...text.matchAll(/^COPY --from=build \/opt\/dvproxy\/(\S+)/gm)].map(([, name]) => name);
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'bin', 'dist', 'docs', 'node_modules']));
    for (const name of copied.filter((one) => one !== 'dist')) expect(existsSync(name ?? '')).toBe(true);
  });
});
