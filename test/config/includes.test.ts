import { describe, expect, test } from 'vitest';
import { loadForDump, UnreadableMainFile } from '../../src/config/load.js';
import { answerOf } from './dovecot-2.3/doveconf-answer.js';
import { loadFiles, MAIN, messages, tableHost } from './dovecot-2.3/table-host.js';

const FOLDER = '/etc/dovecot';

describe('includes', () => {
  test('matches are read in the order of their bytes, braces in their own', () => {
    const files = {
      [`${FOLDER}/c/10.conf`]: 'mail_plugins = $mail_plugins 10\n',
      [`${FOLDER}/c/9.conf`]: 'mail_plugins = $mail_plugins 9\n',
      [`${FOLDER}/c/B.conf`]: 'mail_plugins = $mail_plugins B\n',
      [`${FOLDER}/c/a.conf`]: 'mail_plugins = $mail_plugins a\n',
    };
    const plugins = (pattern: string) =>
      answerOf(loadFiles({ ...files, [MAIN]: `mail_plugins = x\n!include ${pattern}\n` }), ['-n']).stdout;
    expect(plugins('c/*.conf')).toBe('mail_plugins = x 10 9 B a\n');
    expect(plugins('c/{a,9}.conf')).toBe('mail_plugins = x a 9\n');
  });

  test('nothing that matches is an error of the including line, unless it is only tried', () => {
    expect(messages(loadFiles({ [MAIN]: '\n!include x\n!include_try y\n' }))).toEqual([
      `Error in configuration file ${MAIN} line 2: No matches`,
    ]);
  });

  test('a file that includes itself is refused at its line, also when tried', () => {
    const files = { [MAIN]: '!include a\n', [`${FOLDER}/a`]: 'ssl = no\n!include_try a\nssl = yes\n' };
    expect(messages(loadFiles(files))).toEqual([
      `Error in configuration file ${FOLDER}/a line 2: Recursive include file: ${FOLDER}/a`,
    ]);
  });

  test('a file that cannot be opened is refused', () => {
    expect(messages(loadFiles({ [MAIN]: '!include a\n!include_try a\n', [`${FOLDER}/a`]: null }))).toEqual([
      `Error in configuration file ${MAIN} line 1: Couldn't open include file ${FOLDER}/a: Permission denied`,
    ]);
  });

  test('sections may open and close in different files', () => {
    const config = loadFiles({
      [MAIN]: 'service auth {\n!include a\ngroup = y\n}\n',
      [`${FOLDER}/a`]: 'chroot = x\n}\nservice lmtp {\n',
    });
    expect(answerOf(config, ['-n'])).toEqual({
      stdout: 'service auth {\n  chroot = x\n}\nservice lmtp {\n  group = y\n}\n',
      error: '',
    });
  });

  test('text continued at the end of an included file goes on in the including one', () => {
    const config = loadFiles({ [MAIN]: '!include a\n  b # c\n', [`${FOLDER}/a`]: 'mail_location = a \\' });
    expect(answerOf(config, ['-n']).stdout).toBe('mail_location = a b\n');
  });

  test('mapped paths are read elsewhere and keep their names', () => {
    const host = tableHost({
      '/srv/conf/dovecot.conf': '!include c/*.conf\n',
      '/srv/conf/c/a.conf': 'foo = 1\n',
    });
    const config = loadForDump({ path: MAIN, host, maps: [{ from: FOLDER, to: '/srv/conf' }] });
    expect(messages(config)).toEqual([
      `Error in configuration file ${FOLDER}/c/a.conf line 1: Unknown setting: foo`,
    ]);
    expect(config.problems[0]?.place?.source.realPath).toBe('/srv/conf/c/a.conf');
  });

  test('a main file that cannot be read ends everything', () => {
    expect(() => loadFiles({})).toThrow(UnreadableMainFile);
    expect(() => loadFiles({})).toThrow(/No such file or directory/);
  });
});
