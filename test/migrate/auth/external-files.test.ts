import { describe, expect, test } from 'vitest';
import { migrated } from './external-files.js';

describe('an SQL file', () => {
  test('has a section for each host, and outside of them what tells databases apart', () => {
    const { ext } = migrated(
      'sql',
      'driver = mysql\nconnect = host=db1 host=/run/mysqld.sock dbname=m user=u password=p%{x} maxconns=9 ssl_ca=/ca.pem connect_timeout=3\n',
    );
    expect(ext).toBe(`sql_driver = mysql
mysql_connection_limit = 9
mysql_dbname = m
mysql_user = u
mysql_password = p%%{x}
ssl_client_ca_file = /ca.pem
mysql_connect_timeout = 3 secs
mysql_ssl = yes
ssl_client_require_valid_cert = yes
mysql db1 {
}
mysql /run/mysqld.sock {
}
`);
  });

  test('keeps the lines and comments of a query', () => {
    const { ext } = migrated(
      'sql',
      "driver = pgsql\nconnect = host=h dbname='a b' password='it\\'s'\n# who\npassword_query = SELECT x \\\n  FROM t WHERE u = '%n' AND d = '%d'\n",
    );
    expect(ext).toBe(`sql_driver = pgsql
pgsql_parameters {
  dbname = a b
  password = it's
}
pgsql h {
}
# who
passdb_sql_query = SELECT x \\
  FROM t WHERE u = '%{user | username}' AND d = '%{user | domain}'
`);
  });

  test('leaves to the passdb what 2.3 has by default', () => {
    const { main } = migrated('sql', 'driver = sqlite\nconnect = /x.sqlite\n');
    expect(main).toContain('  !include db.conf.ext\n');
    expect(main).toContain("username = '%{user | username}' AND domain = '%{user | domain}'\n");
    expect(main).toContain('  default_password_scheme = MD5\n');
  });

  test('keeps a text of a condition from being escaped', () => {
    const { ext, codes } = migrated(
      'sql',
      "driver = mysql\nconnect = host=h\npassword_query = SELECT 1 FROM t WHERE u = '%u' %{if;%s;eq;lmtp;AND d = 'x';}\n",
    );
    expect(ext).toContain("%{if(protocol,'eq','lmtp','AND d = \\'x\\'','') | safe}");
    expect(codes).toContain('DV762');
  });
});

describe('an LDAP file', () => {
  const FILE = `hosts = a b:1389
tls = yes
tls_require_cert = never
dn = cn=admin
dnpass = secret%{x}
auth_bind = yes
auth_bind_userdn = uid=%n,dc=x
base = dc=x
scope = SUBTREE
pass_attrs = uid=user,mailHost=host,=proxy=y,gecos=userdb_name=the %$
pass_filter = (&(objectClass=posixAccount)(uid=%Lu))
`;

  test('becomes settings, its attributes fields', () => {
    const { ext } = migrated('ldap', FILE);
    expect(ext).toBe(`ldap_uris = ldap://a ldap://b:1389
ldap_starttls = yes
ssl_client_require_valid_cert = no
ldap_auth_dn = cn=admin
ldap_auth_dn_password = secret%%{x}
passdb_ldap_bind = yes
passdb_ldap_bind_userdn = uid=%{user | username},dc=x
ldap_base = dc=x
ldap_scope = subtree
passdb_fields {
  user = %{ldap:uid}
  proxy = y
  userdb_name = the %{ldap:gecos | default}
  passdb_import = %{literal('host=') | concat(ldap:mailHost) | default}
}
passdb_ldap_filter = (&(objectClass=posixAccount)(uid=%{user | lower}))
`);
  });

  test('says where an entry may lack an attribute', () => {
    expect(migrated('ldap', FILE).codes).toContain('DV772');
  });

  test('has the new name behind the attribute that gives it', () => {
    const { ext } = migrated(
      'ldap',
      'uris = ldap://l\nbase = dc=x\npass_attrs = =userdb_x=%u,uid=user,=userdb_home=/home/%Ln,=userdb_y=%d\n',
    );
    expect(ext).toContain('  userdb_x = %{user}\n');
    expect(ext).toContain('  userdb_home = /home/%{ldap:uid | default | username | lower}\n');
    expect(ext).toContain('  userdb_y = %{ldap:uid | default | domain}\n');
  });
});

describe('an external file that is not there', () => {
  test('is told, and the passdb stays', () => {
    const { main, codes } = migrated(
      'oauth2',
      'tokeninfo_url = x\n',
      'passdb {\n  driver = sql\n  args = /no/file\n}\n',
    );
    expect(main).toContain('# 2.3 only: /no/file cannot be read');
    expect(codes).toContain('DV786');
  });
});

describe('a driver that 2.4 does not have', () => {
  test('becomes a comment with what people do instead', () => {
    const { main, codes } = migrated(
      'sql',
      'driver = mysql\nconnect = host=h\n',
      'passdb {\n  driver = shadow\n}\n',
    );
    expect(main).toContain('# 2.3 only: 2.4 has no driver shadow: use pam');
    expect(main).toContain('#passdb {\n#  driver = shadow\n#}\n');
    expect(codes).toContain('DV776');
  });
});
