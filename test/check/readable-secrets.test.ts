import { describe, expect, test } from 'vitest';
import type { FileProbe } from '../../src/check/file-probe.js';
import { check } from '../../src/check/runner.js';
import { loadConfig } from '../../src/config/load.js';

const HEAD_24 = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';

/** Where DV509 stands, with files of this mode. */
function places(texts: Readonly<Record<string, string>>, mode = 0o644): string[] {
  const host = {
    readFile: (path: string) => {
      const text = texts[path];
      if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return Buffer.from(text);
    },
    glob: (pattern: string) => (pattern in texts ? [pattern] : []),
    isDirectory: () => false,
    environment: {},
  };
  const files: FileProbe = {
    isMapped: () => false,
    look: (path) =>
      path in texts
        ? { kind: 'file', realPath: path, mode, read: () => host.readFile(path) }
        : { kind: 'missing' },
  };
  const [main = ''] = Object.keys(texts);
  return check(loadConfig({ path: main, host }), { files })
    .filter(({ code }) => code === 'DV509')
    .map(({ place }) => `${place?.source.path}:${place?.source.lineAt(place.span.start)}`);
}

describe('passwords in files that everybody can read', () => {
  const main = '/etc/dovecot/dovecot.conf';

  test('of 2.4 are named once a file, in included ones too', () => {
    const texts = {
      [main]: `${HEAD_24}!include /etc/dovecot/db.conf\nssl_server_key_password = secret\n`,
      '/etc/dovecot/db.conf': 'mysql_user = u\nmysql_password = secret\nldap_auth_dn_password = secret\n',
    };
    expect(places(texts)).toEqual([`${main}:4`, '/etc/dovecot/db.conf:2']);
    expect(places(texts, 0o640)).toEqual([]);
  });

  test('of 2.3 stand in database files and in settings', () => {
    const texts = {
      [main]: 'passdb {\n  driver = sql\n  args = /etc/dovecot/sql.conf.ext\n}\ndoveadm_password = secret\n',
      '/etc/dovecot/sql.conf.ext': 'driver = mysql\nconnect = host=h password=secret\n',
    };
    expect(places(texts)).toEqual([`${main}:5`, '/etc/dovecot/sql.conf.ext:2']);
  });

  test('are none where the value is empty, in another file, or names of other things', () => {
    const text = `${HEAD_24}ssl_server_key_password = </etc/dovecot/key-password\nimapc_password =\nauth_debug_passwords = no\n`;
    expect(places({ [main]: text })).toEqual([]);
    expect(places({ '/srv/conf/dovecot.conf': `${HEAD_24}doveadm_password = secret\n` })).toEqual([]);
  });
});
