import { describe, expect, test } from 'vitest';
import { columnNames, lostSetting, settingFields } from '../../../src/migrate/auth/userdb-settings.js';
import { migrated } from './external-files.js';

describe('a field of a userdb that sets a setting of 2.3', () => {
  test('is the settings of 2.4 where its text says them', () => {
    expect(settingFields('userdb', 'mail', 'maildir:~/M:INDEX=/i/%u')).toEqual([
      { name: 'mail_driver', template: 'maildir' },
      { name: 'mail_path', template: '~/M' },
      { name: 'mail_index_path', template: '/i/%u' },
    ]);
    expect(settingFields('passdb', 'userdb_mail:protected', 'mbox:~/m')).toEqual([
      { name: 'userdb_mail_driver:protected', template: 'mbox' },
      { name: 'userdb_mail_path:protected', template: '~/m' },
    ]);
    const size = (rule: string) => settingFields('userdb', 'quota_rule', rule)?.[0]?.template;
    expect(size('*:storage=1G')).toBe('1G');
    // Kilobytes in 2.3, bytes in 2.4.
    expect(size('*:storage=1024')).toBe('1024K');
    expect(size('*:bytes=1024')).toBe('1024');
    expect(size('*:bytes=%$')).toBe('%$');
  });

  test('is told where nothing says what it becomes', () => {
    expect(settingFields('userdb', 'quota_rule', 'Trash:storage=+10%')).toBeNull();
    expect(settingFields('userdb', 'mail', '%{passdb:location}')).toBeNull();
    const place = null;
    expect(lostSetting('userdb', 'quota_rule2', place)).toMatchObject([{ code: 'DV790', kind: 'decide' }]);
    expect(lostSetting('passdb', 'userdb_mail', place)).toHaveLength(1);
  });

  test('is left alone where its name is the same, or belongs to a passdb', () => {
    for (const name of ['uid', 'home', 'mail_plugins', 'acl_groups', 'master_user', 'our_own'])
      expect(lostSetting('userdb', name, null)).toEqual([]);
    expect(lostSetting('passdb', 'mail', null)).toEqual([]);
    expect(settingFields('passdb', 'mail', 'maildir:~/M')).toBeNull();
  });
});

test('the columns of a query are known by their names', () => {
  expect(
    columnNames(
      "SELECT home, u.uid, CONCAT('*:bytes=', q, ', FROM') AS quota_rule, 1 `mail` FROM users WHERE mail = '%u'",
    ),
  ).toEqual(['home', 'uid', 'quota_rule', 'mail']);
  expect(columnNames('CALL users(%u)')).toEqual([]);
});

test('a query, a directory and a passwd-file are gone through', () => {
  const sql = migrated(
    'sql',
    'driver = pgsql\nconnect = host=h\npassword_query = SELECT p AS password, m AS userdb_mail FROM t\n',
  );
  expect(sql.codes).toContain('DV790');
  const ldap = migrated(
    'ldap',
    'uris = ldap://x\nbase = dc=x\npass_attrs = uid=user,quota=userdb_quota_rule=*:bytes=%$,box=userdb_mail=maildir:%$\n',
  );
  expect(ldap.ext).toContain("literal('\\tuserdb_quota_storage_size=') | concat(ldap:quota)");
  expect(ldap.ext).toContain('  userdb_mail_driver = maildir\n');
  const file = migrated('passwd-file', 'joe:x:::::~:userdb_mail=mbox:~/m userdb_quota_rule=*:storage=5M\n');
  expect(file.ext).toBe(
    'joe:x:::::~:userdb_mail_driver=mbox userdb_mail_path=~/m userdb_quota_storage_size=5M\n',
  );
});
