import { describe, expect, test } from 'vitest';
import { MigrationRefused } from '../../src/migrate/migrate.js';
import { load24, migrateFiles } from './migrated.js';

const VERSIONS = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n\n';

/** New texts by path; paths of the old files are below /etc/dovecot unless they begin with /. */
function migrated(files: Readonly<Record<string, string>>, singleFile = false): Record<string, string> {
  const old = Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path.startsWith('/') ? path : `/etc/dovecot/${path}`, text]),
  );
  return Object.fromEntries(migrateFiles(old, { singleFile }).files.map(({ path, text }) => [path, text]));
}

describe('the new tree', () => {
  test('has the files of the old one, those from elsewhere in a folder of their own', () => {
    const files = {
      'dovecot.conf':
        '!include conf.d/*.conf\n!include /etc/dovecot/x.conf\n!include /opt/there.conf\n!include_try /opt/none.conf\n',
      'conf.d/b.conf': 'ssl = no\n',
      'conf.d/a.conf': 'plugin {\n  !include p.inc\n}\n',
      'conf.d/p.inc': 'quota = count:U\n',
      'x.conf': 'mail_debug = yes\n',
      '/opt/there.conf': 'auth_verbose = yes\n',
    };
    expect(migrated(files)).toEqual({
      'dovecot.conf': `${VERSIONS}!include conf.d/*.conf\n!include x.conf\n!include outside/opt/there.conf\n!include_try /opt/none.conf\n`,
      'conf.d/a.conf': '!include p.inc\n',
      'conf.d/p.inc': 'quota U {\n  driver = count\n}\n',
      'conf.d/b.conf': 'ssl = no\n',
      'x.conf': 'mail_debug = yes\n',
      'outside/opt/there.conf': 'auth_verbose = yes\n',
    });
    expect(migrated(files, true)).toEqual({
      'dovecot.conf': `${VERSIONS}quota U {\n  driver = count\n}\nssl = no\nmail_debug = yes\nauth_verbose = yes\n!include_try /opt/none.conf\n`,
    });
  });

  test('keeps comments, blank lines, indentation, line ends and statements that need no change', () => {
    const text =
      '# Ours\n\nprotocol  imap {\n\t# why\n\n\tmail_max_userip_connections=5   # here\n\tmail_log_prefix = "a  b "\n}   # done\n';
    expect(migrated({ 'dovecot.conf': text })).toEqual({
      'dovecot.conf': `# Ours\n\n${VERSIONS}${text.slice(8).replace('protocol  imap', 'protocol imap').replace('}   #', '} #')}`,
    });
    expect(migrated({ 'dovecot.conf': 'ssl = no\r\nauth_verbose = yes\r\n' })).toEqual({
      'dovecot.conf': `${VERSIONS}ssl = no\nauth_verbose = yes\n`.replaceAll('\n', '\r\n'),
    });
  });

  test('leaves files of packages to the packages', () => {
    const packaged = '/usr/share/dovecot/protocols.d/imapd.protocol';
    expect(
      migrated({
        'dovecot.conf':
          '!include_try /usr/share/dovecot/protocols.d/*.protocol\nprotocols = $protocols lmtp\n',
        [packaged]: 'protocols = $protocols imap\n',
      }),
    ).toEqual({
      'dovecot.conf':
        'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\nlmtp_user_concurrency_limit = unlimited\n\n' +
        '!include_try /usr/share/dovecot/protocols.d/*.protocol\nprotocols {\n  lmtp = yes\n}\n',
    });
  });

  test('a line that 2.3 loses behind a continued one stays lost, and readable', () => {
    const { 'dovecot.conf': text } = migrated({
      'dovecot.conf': 'ssl = no\nauth_verbose = \\\n# yes\nmail_debug = yes\n',
    });
    expect(text).toBe(`${VERSIONS}ssl = no\n# auth_verbose = \\\n# yes\nmail_debug = yes\n`);
  });

  test.each([
    [
      'settings of Dovecot 1.x',
      { 'dovecot.conf': 'login_user = x\nlisten = *:10143\nauth default {\n  mechanisms = plain\n}\n' },
      'service imap-login {\n  inet_listener imap {\n    port = 10143\n  }\n  user = x\n}\n',
    ],
    [
      'a section over two files',
      { 'dovecot.conf': 'protocol imap {\n!include c.inc\nssl = no\n', 'c.inc': 'mail_plugins = a\n}\n' },
      'ssl = no\nprotocol imap {\n  mail_plugins = a\n}\n',
    ],
  ])('%s become one file of plain settings', (_, files, text) => {
    const migration = migrated(files);
    expect(Object.keys(migration)).toEqual(['dovecot.conf']);
    expect(migration['dovecot.conf']).toContain('# All settings are written anew into one file');
    expect(migration['dovecot.conf']).toContain(text);
  });
});

describe('a migration', () => {
  const refusal = (text: string) => {
    try {
      migrateFiles({ '/etc/dovecot/dovecot.conf': text });
    } catch (error) {
      return error instanceof MigrationRefused ? error.message : String(error);
    }
    return null;
  };

  test('is refused for what Dovecot 2.3 refuses', () => {
    expect(refusal('protocol imap {\n')).toBe(
      "Dovecot 2.3 refuses this configuration, nothing was migrated: Error in configuration file /etc/dovecot/dovecot.conf: Missing '}' (section started at /etc/dovecot/dovecot.conf:1)",
    );
    expect(refusal('skip = 1\n')).toContain('Unknown setting: skip');
  });

  test('gives a configuration that 2.4 reads and that is not migrated again', () => {
    const now = load24(migrateFiles({ '/etc/dovecot/dovecot.conf': 'ssl = no\n' }));
    expect(now.version).toBe('2.4.1');
    expect(now.refusal).toBeNull();
  });
});
