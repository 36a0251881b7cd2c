import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';

/** Runs a command line in a folder with these files. */
function run(
  commandLine: string,
  files: Record<string, string> = {},
  prepare: (folder: string) => void = () => {},
) {
  return inFolder(new Map(Object.entries(files)), async (folder) => {
    prepare(folder);
    return runIn(folder, commandLine);
  });
}

const WARNING = 'ssl = no\n';
const ERROR = 'auth_verbose = maybe\n';

describe('the exit code', () => {
  test.each([
    ['0 without findings', 'dvproxy check a.conf', 'listen = 192.0.2.1\n', 0],
    ['1 with an error', 'dvproxy check a.conf', ERROR, 1],
    ['0 with warnings only', 'dvproxy check a.conf', WARNING, 0],
    ['1 with a warning and --fail-on warning', 'dvproxy check a.conf --fail-on warning', WARNING, 1],
    ['1 with more warnings than --max-warnings', 'dvproxy check a.conf --max-warnings 0', WARNING, 1],
    ['0 with as many warnings as --max-warnings', 'dvproxy check a.conf --max-warnings 1', WARNING, 0],
    ['0 when the rule is off', 'dvproxy check a.conf --rule DV204=off', ERROR, 0],
    ['1 when a rule is raised to error', 'dvproxy check a.conf --rule tls-off=error', WARNING, 1],
  ])('is %s', async (_name, commandLine, text, exitCode) => {
    expect((await run(commandLine, { 'a.conf': text })).exitCode).toBe(exitCode);
  });

  test.each([
    ['an unknown option', 'dvproxy check --nonsense', "unknown option '--nonsense'"],
    ['an unknown command', 'dvproxy chekc', "unknown command 'chekc'"],
    ['an unknown format', 'dvproxy check --format pdf', 'Allowed choices are text, compact, json'],
    ['a bad --rule', 'dvproxy check --rule DV301', 'CODE=off'],
    ['a rule that does not exist', 'dvproxy check --rule DV000=off a.conf', 'there is no rule DV000'],
    ['a bad number', 'dvproxy check --max-warnings many', 'expected a number'],
    ['a bad --map', 'dvproxy check --map conf', 'expected FROM=TO'],
    ['an unknown version', 'dvproxy check --dovecot 2.5', 'known versions are'],
    ['a missing file', 'dvproxy check missing.conf', 'missing.conf: No such file or directory'],
    [
      'a missing database file',
      'dvproxy check missing.conf.ext',
      'missing.conf.ext: No such file or directory',
    ],
    ['a page that does not exist', 'dvproxy explain DV000', 'there is no rule DV000'],
  ])('is 2 for %s, with the reason', async (_name, commandLine, reason) => {
    const { text, exitCode } = await run(commandLine, { 'a.conf': '' });
    expect(text).toContain(reason);
    expect(text).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(2);
  });
});

describe('bad input gets a message with its place', () => {
  test('a folder without a configuration', async () => {
    const { text, exitCode } = await run('dvproxy check conf', {}, (folder) =>
      mkdirSync(join(folder, 'conf')),
    );
    expect(text).toBe('dvproxy: conf holds neither dovecot.conf nor a *.conf.ext file\n');
    expect(exitCode).toBe(2);
  });

  test('binary garbage', async () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256));
    const { text, exitCode } = await run('dvproxy check a.conf --format compact', {}, (folder) =>
      writeFileSync(join(folder, 'a.conf'), bytes),
    );
    expect(text).toMatch(/^a\.conf:\d+:\d+: error: /m);
    expect(text).toContain('[DV112]');
    expect(exitCode).toBe(1);
  });

  test('a file of 10 MB', async () => {
    const { text, exitCode } = await run('dvproxy check a.conf --format compact', {
      'a.conf': `${'# nothing but comments here, many of them\n'.repeat(240_000)}nonsense\n`,
    });
    expect(text).toMatch(/^a\.conf:240001:1: error: .*\[DV101\]\n$/);
    expect(exitCode).toBe(1);
  });

  test('an include loop', async () => {
    const { text, exitCode } = await run('dvproxy check a.conf --format compact', {
      'a.conf': '!include b.conf\n',
      'b.conf': '!include a.conf\n',
    });
    expect(text).toMatch(/^b\.conf:1:10: error: .*\[DV108\]\n$/);
    expect(exitCode).toBe(1);
  });

  test.skipIf(process.getuid?.() === 0)('a database file that may not be read', async () => {
    const { text } = await run(
      'dvproxy check --map /etc/dovecot=. a.conf --format compact',
      { 'a.conf': 'passdb {\n  driver = sql\n  args = /etc/dovecot/x.conf.ext\n}\n', 'x.conf.ext': '' },
      (folder) => chmodSync(join(folder, 'x.conf.ext'), 0),
    );
    expect(text).toContain('Permission denied');
  });

  test('a database file that is a directory', async () => {
    const { text, exitCode } = await run(
      'dvproxy check --map /etc/dovecot=. a.conf --format compact',
      { 'a.conf': 'passdb {\n  driver = sql\n  args = /etc/dovecot/x.conf.ext\n}\n' },
      (folder) => mkdirSync(join(folder, 'x.conf.ext')),
    );
    // Dovecot reads a directory as an empty file.
    expect(text).toMatch(/x\.conf\.ext.*\[DV80[15]\]/);
    expect(exitCode).toBe(1);
  });
});

describe('files', () => {
  test('several main files give one report', async () => {
    const { text } = await run('dvproxy check a.conf b.conf --format compact', {
      'a.conf': ERROR,
      'b.conf': WARNING,
    });
    expect(text).toMatch(/^a\.conf:1:16: error: .*\nb\.conf:1:7: warning: .*\n$/);
  });

  test('a *.conf.ext file is checked as a database file', async () => {
    const { text, exitCode } = await run('dvproxy check x.conf.ext', {
      'x.conf.ext':
        "driver = mysql\nconnect = host=a dbname=b\npassword_query = SELECT 'no' AS ssl, password FROM u WHERE n = '%u'\n",
    });
    expect(text).toMatch(/^x\.conf\.ext:3:25: error: .*\[DV401 flag-set-to-no\]/);
    expect(text).toMatch(/in 1 file \(Dovecot 2\.3\.19\.1\)\. \d of them can be repaired with --fix\.\n$/);
    expect(exitCode).toBe(1);
  });

  test('-c names the main file as well', async () => {
    expect((await run('dvproxy check -c a.conf', { 'a.conf': ERROR })).exitCode).toBe(1);
  });

  test('the JSON document names the files that were read', async () => {
    const { text } = await run('dvproxy check a.conf --format json', {
      'a.conf': '!include b.conf\n',
      'b.conf': '',
    });
    expect(JSON.parse(text)).toEqual({
      schema: 1,
      dovecot: '2.3.19.1',
      files: ['a.conf', 'b.conf'],
      diagnostics: [],
      summary: { errors: 0, warnings: 0, infos: 0 },
    });
  });
});

describe('formats for other programs', () => {
  test.each([
    ['sarif', '"ruleId": "DV204"'],
    ['github', '::error file=a.conf,line=1,endLine=1,col=16,endColumn=21,title=DV204 invalid-boolean::'],
    ['gitlab', '"check_name": "DV204 invalid-boolean"'],
    ['junit', '<testcase name="DV204 invalid-boolean 1:16" classname="a.conf"'],
    ['checkstyle', '<error line="1" column="16" severity="error"'],
  ])('%s', async (format, part) => {
    const { text, exitCode } = await run(`dvproxy check a.conf --format ${format}`, { 'a.conf': ERROR });
    expect(text).toContain(part);
    expect(exitCode).toBe(1);
  });
});

describe('options', () => {
  test('--color always colours after the command as before it', async () => {
    const after = await run('dvproxy check a.conf --color always', { 'a.conf': ERROR });
    const before = await run('dvproxy --color always check a.conf', { 'a.conf': ERROR });
    expect(after.text).toContain('\x1b[31m');
    expect(before.text).toBe(after.text);
  });

  test('--lenient changes nothing for check', async () => {
    const strict = await run('dvproxy check a.conf', { 'a.conf': ERROR });
    expect(await run('dvproxy check --lenient a.conf', { 'a.conf': ERROR })).toEqual(strict);
  });

  test('--dovecot decides which Dovecot judges', async () => {
    expect(
      (await run('dvproxy check a.conf --dovecot 2.4 --format compact', { 'a.conf': 'mail_location = x\n' }))
        .text,
    ).toContain('[DV214]');
  });

  test('passwords are shown with --show-secrets only', async () => {
    const files = { 'x.conf.ext': 'driver = mysql\nconnect = host=a password=secret\npasword_query = x\n' };
    const main = { 'a.conf': 'doveadm_password = geheim1\ndoveadm_password = geheim2\n', ...files };
    expect((await run('dvproxy check a.conf', main)).text).not.toContain('geheim');
    expect((await run('dvproxy check a.conf --show-secrets', main)).text).toContain('geheim1');
  });

  test.each(['check', 'explain', 'rules'])('%s --help shows the options and an example', async (name) => {
    const { text, exitCode } = await run(`dvproxy ${name} --help`);
    expect(text).toContain('Example:');
    expect(text).toContain('--color');
    expect(exitCode).toBe(0);
  });
});

describe('suppressions', () => {
  const files = (text: string) => ({ 'a.conf': text });

  test('cover the next statement, with all of a block', async () => {
    const block =
      '# dvproxy-ignore DV204: our build knows it\nservice auth {\n  client_limit = 5\n}\n# dvproxy-ignore DV503: a lab\nssl = no\n';
    const { text } = await run('dvproxy check a.conf --format compact', files(block));
    expect(text).not.toContain('DV503');
    expect(text).toContain('DV902');
  });

  test('cover a whole file with -file', async () => {
    const { text } = await run(
      'dvproxy check a.conf --format compact',
      files('listen = *\nssl = no\n# dvproxy-ignore-file DV503: a lab\n'),
    );
    expect(text).toBe('');
  });

  test('work in database files', async () => {
    const { text } = await run('dvproxy check x.conf.ext --format compact', {
      'x.conf.ext':
        "driver = mysql\nconnect = host=a dbname=b\n# dvproxy-ignore DV401: the backend wants it\npassword_query = SELECT password, \\\n  'no' AS ssl FROM u WHERE n = '%u'\n",
    });
    expect(text).not.toContain('DV401');
  });
});

test('rules lists every rule, and explain shows its page', async () => {
  const { text } = await run('dvproxy rules --format json');
  const { schema, rules } = JSON.parse(text) as { schema: number; rules: { code: string; page: string }[] };
  expect(schema).toBe(1);
  expect(rules.length).toBeGreaterThan(100);
  expect(rules.find(({ code }) => code === 'DV301')?.page).toBe('docs/checks/DV301.md');
  expect((await run('dvproxy rules')).text).toContain('DV301  error    skip-value-of-userdb');
  expect((await run('dvproxy explain dv301')).text).toContain('DV301 skip-value-of-userdb');
});
