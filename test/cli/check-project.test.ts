import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { watchFiles } from '../../src/cli/check-watch.js';
import { inFolder, runIn } from '../docs/console.js';

const isProject = new Ajv().compile(JSON.parse(readFileSync('docs/dvproxy.schema.json', 'utf8')));

function run(commandLine: string, files: Record<string, string>) {
  return inFolder(new Map(Object.entries(files)), (folder) => runIn(folder, commandLine));
}

const withProject = (
  project: unknown,
  text: string,
  command = 'dvproxy check --format compact conf/dovecot.conf',
) =>
  run(command, {
    '.dvproxy.json': typeof project === 'string' ? project : JSON.stringify(project),
    'conf/dovecot.conf': text,
  });

describe('.dvproxy.json', () => {
  test.each([
    ['severities by code', { rules: { DV503: 'off' } }, 'ssl = no\n', ''],
    ['severities by name', { rules: { 'tls-off': 'error' } }, 'ssl = no\n', 'error'],
    ['the version', { dovecot: '2.4' }, 'mail_location = x\n', '[DV214]'],
    ['settings of own plugins', { extraSettings: ['own_*'] }, 'own_setting = 1\n', ''],
    ['ignored folders', { ignorePaths: ['conf'] }, 'nonsense = 1\n', ''],
    ['ignored files', { ignorePaths: ['**/*.conf'] }, 'nonsense = 1\n', ''],
    ['paths that are not ignored', { ignorePaths: ['other/**', 'con?'] }, 'nonsense = 1\n', ''],
    [
      'paths of the server',
      { map: { '/etc/dovecot': 'conf' } },
      '!include /etc/dovecot/dovecot.conf\n',
      '[DV108]',
    ],
  ])('sets %s', async (_name, project, text, part) => {
    expect(isProject(project)).toBe(true);
    const printed = (await withProject(project, text)).text;
    if (part === '') expect(printed).toBe('');
    else expect(printed).toContain(part);
  });

  test('gives way to the command line', async () => {
    const command = 'dvproxy check --format compact --rule DV503=info conf/dovecot.conf';
    expect((await withProject({ rules: { DV503: 'off' } }, 'ssl = no\n', command)).text).toContain('info');
  });

  test.each([
    ['{', 'no JSON'],
    ['{\n  "rules": {,}\n}', 'no JSON'],
    ['[]', 'the file: expected an object, found []'],
    [{ rule: {} }, 'rule: no such key; there are dovecot, rules, extraSettings, ignorePaths, map'],
    [
      { dovecot: 2.3 },
      'dovecot: known versions are 2.3 (2.3.19.1), 2.3.21.1, 2.4 (2.4.1) and 2.4.5, found 2.3',
    ],
    [{ rules: { DV503: 'on' } }, 'rules.DV503: expected "off", "info", "warning" or "error", found "on"'],
    [{ extraSettings: 'own' }, 'extraSettings: expected a list of names, found "own"'],
    [{ ignorePaths: [1] }, 'ignorePaths: expected a list of names, found [1]'],
    [{ map: { etc: 'x' } }, 'map.etc: expected an absolute path'],
  ])('%j is refused with the reason, here and by the schema', async (project, reason) => {
    const { text, exitCode } = await withProject(project, '');
    expect(text).toContain(`dvproxy: .dvproxy.json: ${reason}`);
    expect(exitCode).toBe(2);
    if (typeof project !== 'string') expect(isProject(project)).toBe(false);
  });

  test('an unknown rule is refused', async () => {
    const { text, exitCode } = await withProject({ rules: { DV000: 'off' } }, '');
    expect(text).toContain('.dvproxy.json: rules.DV000: there is no rule DV000');
    expect(exitCode).toBe(2);
  });
});

describe('a folder as FILE', () => {
  test('stands for its dovecot.conf', async () => {
    const { text } = await run('dvproxy check --format compact conf', {
      'conf/dovecot.conf': 'ssl = no\n',
      'conf/x.conf.ext': 'nonsense\n',
    });
    expect(text).toMatch(/^conf\/dovecot\.conf:1:7: warning: .*\n$/);
  });

  test('stands for its database files where it has no dovecot.conf', async () => {
    const { text } = await run('dvproxy check --format compact conf', {
      'conf/b.conf.ext': 'nonsense\n',
      'conf/a.conf.ext': 'nonsense\n',
      'conf/other.conf': 'nonsense\n',
    });
    const names = [...text.matchAll(/^conf\/(\w)\.conf\.ext:1:/gm)].map(([, name]) => name);
    expect([...new Set(names)]).toEqual(['a', 'b']);
    expect(text).not.toContain('other');
  });
});

describe('a baseline', () => {
  const check = (folder: string, more: string) =>
    runIn(folder, `dvproxy check --format compact a.conf ${more}`);

  test('silences what was there, although its lines moved, and nothing else', async () => {
    await inFolder(new Map([['a.conf', 'ssl = no\nnonsense = 1\n']]), async (folder) => {
      expect(await check(folder, '--write-baseline base.json')).toEqual({
        text: 'dvproxy: wrote 2 findings to base.json\n',
        exitCode: 0,
      });
      expect(await check(folder, '--baseline base.json')).toEqual({ text: '', exitCode: 0 });
      const moved = '# new\nlisten = *\nother = 2\n  ssl  =  no\n\nnonsense = 1\nnonsense = 1\n';
      writeFileSync(join(folder, 'a.conf'), moved);
      const { text, exitCode } = await check(folder, '--baseline base.json');
      expect([...text.matchAll(/^a\.conf:(\d+):\d+: error: .*\[DV201\]$/gm)].map(([, line]) => line)).toEqual(
        ['3', '7'],
      );
      expect(text).not.toContain('DV503');
      expect(exitCode).toBe(1);
      mkdirSync(join(folder, 'ci'));
      expect(
        (await runIn(join(folder, 'ci'), 'dvproxy check --baseline ../base.json ../a.conf')).text,
      ).toContain('2 errors');
    });
  });

  test('holds no password', async () => {
    await inFolder(
      new Map([['a.conf', 'doveadm_password = geheim\ndoveadm_password = geheim\n']]),
      async (folder) => {
        await check(folder, '--write-baseline base.json');
        expect(readFileSync(join(folder, 'base.json'), 'utf8')).not.toContain('geheim');
      },
    );
  });

  test('is not touched by --fix', async () => {
    await inFolder(new Map([['a.conf', 'auth_verbose = on\n']]), async (folder) => {
      await check(folder, '--write-baseline base.json');
      await check(folder, '--baseline base.json --fix');
      expect(readFileSync(join(folder, 'a.conf'), 'utf8')).toBe('auth_verbose = on\n');
    });
  });

  test.each([
    ['missing.json', undefined, 'cannot read missing.json: No such file or directory'],
    ['base.json', '{', 'base.json is no baseline: no JSON'],
    ['base.json', '{"schema":2,"findings":[]}', 'schema is 2, and this version reads 1'],
    ['base.json', '{"schema":1,"findings":[{}]}', 'a finding has no fingerprint'],
  ])('%s with %s is refused', async (name, content, reason) => {
    const files = { 'a.conf': '', ...(content === undefined ? {} : { [name]: content }) };
    const { text, exitCode } = await run(`dvproxy check a.conf --baseline ${name}`, files);
    expect(text).toContain(reason);
    expect(exitCode).toBe(2);
  });
});

describe('--watch', () => {
  test('looks again after a change, also where a new file takes the name of the old one', async () => {
    await inFolder(new Map([['a.conf', '1']]), async (folder) => {
      const path = join(folder, 'a.conf');
      const end = new AbortController();
      const seen: string[] = [];
      await watchFiles(() => {
        seen.push(readFileSync(path, 'utf8'));
        if (seen.at(-1) === '1') writeFileSync(path, '2');
        else if (seen.at(-1) === '2') {
          writeFileSync(`${path}.new`, '3');
          renameSync(`${path}.new`, path);
        } else end.abort();
        // The first change is made before the folder is watched: say it again until it is heard.
        if (seen.length === 1) setTimeout(() => writeFileSync(path, '2'), 50);
        return [path];
      }, end.signal);
      expect(seen.at(-1)).toBe('3');
    });
  });

  test.each(['--fix', '--write-baseline x'])('%s beside it is wrong usage', async (option) => {
    expect((await run(`dvproxy check --watch ${option} a.conf`, { 'a.conf': '' })).exitCode).toBe(2);
  });
});
