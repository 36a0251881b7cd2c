import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { replaceFile } from '../../src/cli/atomic-write.js';
import { inFolder, runIn } from '../docs/console.js';
import { fencesOf } from '../docs/markdown.js';

const folderWith = <T>(files: Record<string, string>, work: (folder: string) => Promise<T>) =>
  inFolder(new Map(Object.entries(files)), work);

/** The text of `name` after `check --fix`. */
const fixed = (name: string, text: string, more = '') =>
  folderWith({ [name]: text }, async (folder) => {
    await runIn(folder, `dvproxy check --fix ${more} ${name}`);
    return readFileSync(join(folder, name), 'utf8');
  });

const MYSQL = 'driver = mysql\nconnect = host=a dbname=b\n';
const PGSQL = 'driver = pgsql\nconnect = host=a dbname=b\n';

describe('--fix', () => {
  test.each([
    ['a word for yes', 'auth_verbose = true\n', 'auth_verbose = yes\n'],
    ['a word for no, in quotes', 'auth_verbose = "Off" # why\n', 'auth_verbose = no # why\n'],
    ['no word that can mean anything', 'auth_verbose = maybe\n', 'auth_verbose = maybe\n'],
    ['a time without unit', 'auth_cache_ttl = 30\n', 'auth_cache_ttl = 30 s\n'],
    ['no time that is none', 'auth_cache_ttl = soon\n', 'auth_cache_ttl = soon\n'],
    [
      'skip = notfound of a passdb, with its line',
      'passdb {\n  driver = pam\n\n  skip = notfound\n  # kept\n}\n',
      'passdb {\n  driver = pam\n\n  # kept\n}\n',
    ],
    [
      'skip = notfound but not the comment behind it',
      'passdb {\n  driver = pam\n  skip = notfound # the second one\n}\n',
      'passdb {\n  driver = pam\n   # the second one\n}\n',
    ],
    ['a path without <', 'ssl_cert = /etc/a.pem\n', 'ssl_cert = </etc/a.pem\n'],
    ['a byte order mark', '\ufefflisten = *\n', 'listen = *\n'],
  ])('repairs %s', async (_name, before, after) => {
    expect(await fixed('a.conf', before)).toBe(after);
  });

  test.each([
    ['a path with < in 2.4', 'ssl_server_cert_file = </etc/a.pem\n', 'ssl_server_cert_file = /etc/a.pem\n'],
    [
      'variables of 2.3 that the auth process expands',
      'passdb static {\n  fields {\n    user = %Lu\n  }\n}\n',
      'passdb static {\n  fields {\n    user = %{user | lower}\n  }\n}\n',
    ],
  ])('repairs %s', async (_name, before, after) => {
    const head = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';
    expect(await fixed('a.conf', head + before)).toBe(head + after);
  });

  test.each([
    [
      'a variable without quotes',
      `${MYSQL}password_query = SELECT password FROM u WHERE n = %u AND d = '%d'\n`,
      `${MYSQL}password_query = SELECT password FROM u WHERE n = '%u' AND d = '%d'\n`,
    ],
    [
      'no variable that is joined with others',
      `${MYSQL}password_query = SELECT password FROM u WHERE n = %n@%d\n`,
      `${MYSQL}password_query = SELECT password FROM u WHERE n = %n@%d\n`,
    ],
    [
      'no quotes inside a value in single quotes',
      `${MYSQL}password_query = 'SELECT password FROM u WHERE n = %u'\n`,
      `${MYSQL}password_query = 'SELECT password FROM u WHERE n = %u'\n`,
    ],
    [
      'a variable in double quotes for PostgreSQL',
      `${PGSQL}password_query = SELECT password FROM u \\\n  WHERE n = "%u"\n`,
      `${PGSQL}password_query = SELECT password FROM u \\\n  WHERE n = '%u'\n`,
    ],
    [
      'a reserved word',
      `${MYSQL}password_query = SELECT password, 'yes' AS ssl FROM u WHERE n = '%u'\n`,
      `${MYSQL}password_query = SELECT password, 'yes' AS \`ssl\` FROM u WHERE n = '%u'\n`,
    ],
    [
      'a variable of 2.4',
      `${MYSQL}password_query = SELECT password FROM u WHERE n = '%{user | lower}'\n`,
      `${MYSQL}password_query = SELECT password FROM u WHERE n = '%Lu'\n`,
    ],
  ])('repairs %s', async (_name, before, after) => {
    expect(await fixed('x.conf.ext', before)).toBe(after);
  });

  test('repairs included and referenced files, says how many, and prints what is left', async () => {
    await folderWith(
      { 'a.conf': '!include b.conf\nssl = no\n', 'b.conf': 'auth_verbose = on\nauth_debug = off\n' },
      async (folder) => {
        const { text, exitCode } = await runIn(folder, 'dvproxy check --fix a.conf --format compact');
        expect(text).toContain('[DV503]');
        expect(text).not.toContain('DV204');
        expect(text).toContain('dvproxy: fixed 2 findings in 1 file\n');
        expect(exitCode).toBe(0);
        expect(readFileSync(join(folder, 'b.conf'), 'utf8')).toBe('auth_verbose = yes\nauth_debug = no\n');
      },
    );
  });

  test('keeps bytes that are no UTF-8, line ends and the missing last one', async () => {
    await folderWith({}, async (folder) => {
      writeFileSync(
        join(folder, 'a.conf'),
        Buffer.from('# \xff\xfe\r\nauth_verbose = on\r\n# end', 'latin1'),
      );
      await runIn(folder, 'dvproxy check --fix a.conf');
      expect(readFileSync(join(folder, 'a.conf'), 'latin1')).toBe(
        '# \xff\xfe\r\nauth_verbose = yes\r\n# end',
      );
    });
  });

  test('leaves what a comment answers for', async () => {
    const text = '# dvproxy-ignore DV204: generated\nauth_verbose = on\n';
    expect(await fixed('a.conf', text)).toBe(text);
  });

  test('keeps the mode, writes through a symbolic link and leaves no other file', async () => {
    await folderWith({ 'a.conf': 'auth_verbose = on\n' }, async (folder) => {
      chmodSync(join(folder, 'a.conf'), 0o640);
      symlinkSync('a.conf', join(folder, 'link.conf'));
      await runIn(folder, 'dvproxy check --fix link.conf');
      expect(statSync(join(folder, 'a.conf')).mode & 0o7777).toBe(0o640);
      expect(lstatSync(join(folder, 'link.conf')).isSymbolicLink()).toBe(true);
      expect(readFileSync(join(folder, 'a.conf'), 'utf8')).toBe('auth_verbose = yes\n');
      expect(readdirSync(folder).sort()).toEqual(['a.conf', 'link.conf']);
    });
  });

  test('refuses a file that changed meanwhile', async () => {
    await folderWith({ 'a.conf': 'listen = *\n' }, async (folder) => {
      const path = join(folder, 'a.conf');
      expect(() => replaceFile(path, Buffer.from('listen = ::\n'), Buffer.from('x'))).toThrow(
        'changed meanwhile',
      );
      expect(readFileSync(path, 'utf8')).toBe('listen = *\n');
      expect(readdirSync(folder)).toEqual(['a.conf']);
    });
  });

  test.each([
    ['--fix -', '--fix cannot write standard input'],
    ['--dry-run a.conf', '--dry-run needs --fix'],
  ])('%s is wrong usage', async (args, reason) => {
    const { text, exitCode } = await folderWith({}, (folder) => runIn(folder, `dvproxy check ${args}`));
    expect(text).toContain(reason);
    expect(exitCode).toBe(2);
  });
});

describe('--fix --dry-run', () => {
  test('prints a unified diff, writes nothing and exits 1', async () => {
    const text = `${'#\n'.repeat(5)}auth_verbose = on\ndoveadm_password = geheim\n`;
    await folderWith({ 'conf/a.conf': text }, async (folder) => {
      const printed = await runIn(folder, 'dvproxy check --fix --dry-run conf/a.conf');
      expect(printed).toEqual({
        text:
          '--- a/conf/a.conf\n+++ b/conf/a.conf\n@@ -3,5 +3,5 @@\n #\n #\n #\n' +
          '-auth_verbose = on\n+auth_verbose = yes\n doveadm_password = ******\n',
        exitCode: 1,
      });
      expect(readFileSync(join(folder, 'conf/a.conf'), 'utf8')).toBe(text);
    });
  });

  test('prints nothing where nothing is to be repaired', async () => {
    const printed = await folderWith({ 'a.conf': 'listen = *\n' }, (folder) =>
      runIn(folder, 'dvproxy check --fix --dry-run a.conf'),
    );
    expect(printed).toEqual({ text: '', exitCode: 0 });
  });
});

describe('the bad example of every page', () => {
  const pages = readdirSync('docs/checks').filter((name) => /^DV\d+\.md$/.test(name));

  test.each(pages)('%s: a second --fix changes nothing, and no fix is without effect', async (name) => {
    const fences = fencesOf(readFileSync(join('docs/checks', name), 'utf8')).filter(
      ({ heading }) => heading === 'Bad',
    );
    const files = new Map(fences.flatMap(({ file, text }) => (file === null ? [] : [[file, text] as const])));
    const command = /^\$ (dvproxy check.*)$/m.exec(fences.map(({ text }) => text).join('\n'))?.[1];
    if (command === undefined) return;
    await inFolder(files, async (folder) => {
      await runIn(folder, command.replace('check', 'check --fix'));
      const after = await runIn(folder, `${command} --format json`);
      const left = JSON.parse(after.text) as { diagnostics: { fixes: { safe: boolean }[] }[] };
      expect(left.diagnostics.flatMap(({ fixes }) => fixes.filter(({ safe }) => safe))).toEqual([]);
      expect(await runIn(folder, command.replace('check', 'check --fix --dry-run'))).toMatchObject({
        text: '',
      });
    });
  });
});
