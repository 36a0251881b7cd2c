import { describe, expect, test } from 'vitest';
import { loadForDump } from '../../src/config/load.js';
import { onOneLine, translateSetting } from '../../src/migrate/single-setting.js';
import { filesHost } from './migrated.js';

/** Lines of 2.4 for the last setting of a text, which is read as 2.4 reads it. */
function linesFor(text: string): readonly string[] {
  const path = '/etc/dovecot/dovecot.conf';
  const config = loadForDump({ path, host: filesHost({ [path]: text }), version: '2.4.1' });
  const [tree] = config.trees;
  let body = tree?.statements ?? [];
  const frames = [];
  for (;;) {
    const last = body.findLast(({ kind }) => kind === 'setting' || kind === 'section');
    if (tree === undefined || last === undefined) throw new Error('no setting');
    if (last.kind === 'setting') return onOneLine(translateSetting(config, tree.source, last, frames));
    if (last.kind !== 'section') throw new Error('no setting');
    frames.push({ key: last.key, name: last.name });
    body = last.body;
  }
}

describe('one setting of 2.3 in a file that is read as 2.4', () => {
  test.each([
    ['disable_plaintext_auth = no\n', ['auth_allow_cleartext = yes']],
    [
      'mail_location = maildir:~/M:INDEX=/i\n',
      ['mail_driver = maildir', 'mail_path = ~/M', 'mail_index_path = /i'],
    ],
    ['ssl_key_password = "a # b"\n', ['ssl_server_key_password = "a # b"']],
    ['plugin {\n  quota = maildir:User quota\n}\n', ['quota "User quota" { driver = maildir }']],
    ['service imap-login {\n  service_count = 0\n}\n', ['restart_request_count = unlimited']],
    ['director_servers = 10.0.0.1\n', []],
  ])('%j', (text, lines) => {
    expect(linesFor(text)).toEqual(lines);
  });
});
