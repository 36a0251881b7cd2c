import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { type AuthSetup, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  type OpenldapServer,
  openldapMissing,
  startOpenldap,
} from '../servers/openldap.js';
import { openUserdbsOf, ourLogin, ourUser, withoutMaster } from '../servers/userdb-answers.js';

const required = process.env['CI'] === 'true';

interface Case {
  readonly config: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, number>>;
  readonly users: readonly string[];
  readonly versions?: readonly DovecotVersion[];
  /** Makes the SQLite database `users.db`. */
  readonly database?: boolean;
}

const person = (uid: string, more: string): string =>
  `dn: uid=${uid},ou=people,${LDAP_SUFFIX}
objectClass: inetOrgPerson
objectClass: posixAccount
uid: ${uid}
cn: ${uid}
sn: x
homeDirectory: /home/${uid}
uidNumber: 1001
${more}
`;

const LDIF = [
  `dn: ${LDAP_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
  `dn: ou=people,${LDAP_SUFFIX}\nobjectClass: organizationalUnit\nou: people\n`,
  person('ann', 'gidNumber: 1000\nl: 1000\nl: 1002\nmail: ann@example.com\nmail: second@example.com'),
  person('bob', 'gidNumber: 1000'),
  person('cid', 'gidNumber: 1000\nl: nosuchgroup'),
].join('\n');

const LUA = (table: (fields: string) => string): string => `
function auth_userdb_lookup(req)
  local ok = dovecot.auth.USERDB_RESULT_OK
  if req.user == 'ann' then return ok, ${table("home='/h/ann' uid='1000' n='5'")} end
  if req.user == 'bob' then return ok, { home = '/h/bob' } end
  if req.user == 'none' then return dovecot.auth.USERDB_RESULT_USER_UNKNOWN, 'nobody' end
  if req.user == 'ill' then return dovecot.auth.USERDB_RESULT_INTERNAL_FAILURE, 'the reason' end
  if req.user == 'odd' then return 'one', 'two' end
  if req.user == 'type' then return ok, true end
  if req.user == 'error' then error('on purpose') end
  if req.user == 'list' then return ok, { list = {} } end
  req:log_warning('nobody knows ' .. req.user)
  return dovecot.auth.USERDB_RESULT_INTERNAL_FAILURE, ''
end
`;

const CHECK = `#!/bin/sh
user=$(cat <&3 | tr '\\0' '\\n' | sed -n 1p)
case $user in
  none) exit 3 ;;
  ill) exit 111 ;;
esac
AUTHORIZED=2; export AUTHORIZED
EXTRA="proxy userdb_uid userdb_gid userdb_home seen" userdb_uid=1000 userdb_gid=1000 userdb_home=/h/$user proxy=y
seen="$AUTHORIZED$CREDENTIALS_LOOKUP$SCHEME"
export EXTRA userdb_uid userdb_gid userdb_home proxy seen
exec "$@"
`;

const PASSWORDS = ['ann', 'bob', 'cid', 'none', 'ill', 'odd', 'type', 'error', 'list', 'nobody', 'root']
  .map((user) => `${user}:{PLAIN}pw`)
  .join('\n');

function userDatabase(path: string): void {
  const database = new Sqlite(path);
  database.exec(`CREATE TABLE users (name TEXT, home TEXT, uid INTEGER, gid TEXT, quota TEXT, user TEXT);
    INSERT INTO users VALUES ('ann', '/h/ann', 1000, 'nogroup', NULL, 'ann'), ('bob', NULL, 1001, '1001', '*:bytes=1', NULL),
      ('cid', '', 1002, 'nosuchgroup', '', 'cid'), ('list', '/h/1', 1, '1', 'a', 'first'), ('list', '/h/2', 1, '1', 'b', 'second')`);
  database.close();
}

const missingLdap = openldapMissing();
if (missingLdap !== null) console.log(`skipped: ${missingLdap}`);

describe('userdbs that ask a database answer as real Dovecot does', () => {
  let ldap: OpenldapServer | undefined;
  beforeAll(async () => {
    if (missingLdap === null || required) ldap = await startOpenldap(LDIF);
  });
  afterAll(() => ldap?.remove());

  const inWords = (version: DovecotVersion, of23: string, of24: string): string =>
    version === '2.3.19.1'
      ? `passdb p1 {\n  driver = passwd-file\n  args = @DIR@/users\n}\nuserdb u1 {\n${of23}\n}\n`
      : `passdb p1 {\n  driver = passwd-file\n  passwd_file_path = @DIR@/users\n}\nuserdb u1 {\n${of24}\n}\n`;

  const cases: Readonly<Record<string, (version: DovecotVersion) => Case>> = {
    ldap: (version) => ({
      config: inWords(
        version,
        'driver = ldap\nargs = @DIR@/ldap.ext',
        `driver = ldap
ldap_uris = ldap://127.0.0.1:${ldap?.port}
ldap_auth_dn = ${LDAP_ADMIN}
ldap_auth_dn_password = ${LDAP_ADMIN_PASSWORD}
ldap_base = ou=people,${LDAP_SUFFIX}
userdb_ldap_filter = (&(objectClass=posixAccount)(uid=%{user}))
fields {
  home = %{ldap:homeDirectory}
  uid = %{ldap:uidNumber}
  gid = %{ldap:gidNumber}
  mail_path = %{ldap:mail | default('none')}
}`,
      ),
      files: {
        users: PASSWORDS,
        'ldap.ext': `hosts = 127.0.0.1:${ldap?.port}
dn = ${LDAP_ADMIN}
dnpass = ${LDAP_ADMIN_PASSWORD}
base = ou=people,${LDAP_SUFFIX}
user_attrs = homeDirectory=home,uidNumber=uid,l=gid,mail=mail_path,=x=%{ldap:mail:none}
user_filter = (&(objectClass=posixAccount)(uid=%u))
`,
      },
      users: ['ann', 'bob', 'cid', 'none'],
    }),
    'ldap with a broken filter': (version) => ({
      config: inWords(
        version,
        'driver = ldap\nargs = @DIR@/ldap.ext',
        `driver = ldap
ldap_uris = ldap://127.0.0.1:${ldap?.port}
ldap_base = ou=people,${LDAP_SUFFIX}
userdb_ldap_filter = (uid=%{user}`,
      ),
      files: {
        users: PASSWORDS,
        'ldap.ext': `hosts = 127.0.0.1:${ldap?.port}\nbase = ou=people,${LDAP_SUFFIX}\nuser_filter = (uid=%u\n`,
      },
      users: ['ann'],
    }),
    'ldap with several entries': (version) => ({
      config: inWords(
        version,
        'driver = ldap\nargs = @DIR@/ldap.ext',
        `driver = ldap
ldap_uris = ldap://127.0.0.1:${ldap?.port}
ldap_base = ou=people,${LDAP_SUFFIX}
userdb_ldap_filter = (objectClass=posixAccount)`,
      ),
      files: {
        users: PASSWORDS,
        'ldap.ext': `hosts = 127.0.0.1:${ldap?.port}\nbase = ou=people,${LDAP_SUFFIX}\nuser_filter = (objectClass=posixAccount)\n`,
      },
      users: ['ann'],
    }),
    passwd: (version) => ({
      config: inWords(version, 'driver = passwd', 'driver = passwd'),
      files: { users: PASSWORDS },
      users: ['root', 'nobody', 'none'],
    }),
    'passwd with fields': (version) => ({
      config: inWords(
        version,
        'driver = passwd\nargs = blocking=no\noverride_fields = shell=none',
        'driver = passwd\nfields {\n  home = /mail/%{user}\n  was = %{passwd:home}\n}',
      ),
      files: { users: PASSWORDS },
      users: ['root', 'none'],
    }),
    'sql (sqlite)': (version) => ({
      config: inWords(
        version,
        'driver = sql\nargs = @DIR@/sql.ext',
        `driver = sql
sql_driver = sqlite
sqlite_path = @DIR@/users.db
userdb_sql_query = SELECT home, uid, gid, quota AS quota_rule, user FROM users WHERE name = '%{user}'
fields {
  seen = %{sql:home}
}`,
      ),
      files: {
        users: PASSWORDS,
        'sql.ext': `driver = sqlite
connect = @DIR@/users.db
user_query = SELECT home, uid, gid, quota AS quota_rule, user FROM users WHERE name = '%u'
`,
      },
      users: ['ann', 'bob', 'cid', 'none', 'list'],
      database: true,
    }),
    'sql with a wrong statement': (version) => ({
      config: inWords(
        version,
        'driver = sql\nargs = @DIR@/sql.ext',
        'driver = sql\nsql_driver = sqlite\nsqlite_path = @DIR@/users.db\nuserdb_sql_query = SELECT nosuch FROM users',
      ),
      files: {
        users: PASSWORDS,
        'sql.ext': 'driver = sqlite\nconnect = @DIR@/users.db\nuser_query = SELECT nosuch FROM users\n',
      },
      users: ['ann'],
      database: true,
    }),
    lua: (version) => ({
      config: inWords(
        version,
        'driver = lua\nargs = file=@DIR@/u.lua',
        'driver = lua\nlua_file = @DIR@/u.lua',
      ),
      files: {
        users: PASSWORDS,
        'u.lua':
          version === '2.3.19.1'
            ? LUA((fields) => `"${fields.replaceAll("'", '')}"`)
            : // The order of a table is Lua's own affair.
              LUA((fields) => `{ ${fields.split(' ')[0]} }`),
      },
      users: ['ann', 'bob', 'none', 'ill', 'odd', 'type', 'error', 'list', 'cid'],
    }),
    checkpassword: (version) => ({
      config: inWords(version, 'driver = checkpassword\nargs = @DIR@/check', ''),
      files: { users: PASSWORDS, check: CHECK },
      modes: { check: 0o755 },
      users: ['ann', 'none', 'ill'],
      versions: ['2.3.19.1'],
    }),
  };

  for (const version of ['2.3.19.1', '2.4.1'] as const) {
    const noDovecot = dovecotMissing(version);
    if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
    describe.skipIf(noDovecot !== null && !required)(version, () => {
      for (const [name, make] of Object.entries(cases)) {
        if (make(version).versions?.includes(version) === false) continue;
        test.skipIf(name.startsWith('ldap') && missingLdap !== null && !required)(name, async () => {
          const { users, database, ...given } = make(version);
          const setup: AuthSetup = { version, ...given };
          const server = startDovecotAuth(setup);
          if (database === true) userDatabase(join(server.realDirectory, 'users.db'));
          const ours = await openUserdbsOf(server, version);
          try {
            for (const user of users) {
              const user1 = server.doveadm(['user', '-u', user]);
              expect
                .soft({ user, ...(await ourUser(ours, version, user)) })
                .toEqual({ user, ...user1, stderr: withoutMaster(user1.stderr) });
              const login = server.doveadm(['auth', 'login', user, 'pw']);
              expect
                .soft({ user, ...(await ourLogin(ours, version, user, 'pw')) })
                .toEqual({ user, ...login, stderr: withoutMaster(login.stderr) });
            }
          } finally {
            await ours.close();
            await server.stop();
          }
        });
      }
    });
  }
});
