import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { type AuthSetup, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { LDAP_ADMIN, LDAP_ADMIN_PASSWORD, LDAP_SUFFIX } from '../servers/openldap.js';
import { startUserDatabases, type UserDatabases, userDatabasesMissing } from '../servers/user-databases.js';
import { openUserdbsOf, ourLogin, ourUser, ourUserList, withoutMaster } from '../servers/userdb-answers.js';

const required = process.env['CI'] === 'true';
const missing = userDatabasesMissing() ?? dovecotMissing('2.3.19.1');
if (missing !== null) console.log(`skipped: ${missing}`);

const TABLE = `CREATE TABLE users (name varchar(40) PRIMARY KEY, password varchar(40), home varchar(40), uid integer, quota varchar(40), host varchar(40));
INSERT INTO users VALUES ('ann', '{PLAIN}pw', '/h/ann', 1000, '*:bytes=1', NULL), ('bob', '{PLAIN}pw', NULL, NULL, '', NULL),
  ('carl@a.org', '{PLAIN}pw', '', 0, NULL, '192.0.2.1'), ('nul', NULL, '/h/nul', 1001, NULL, NULL);
`;
const person = (uid: string, more: string): string => `
dn: cn=${uid},${LDAP_SUFFIX}
objectClass: inetOrgPerson
objectClass: extensibleObject
cn: ${uid}
sn: x
uid: ${uid}
userPassword: {PLAIN}pw
${more}`;
const LDIF = `dn: ${LDAP_SUFFIX}
objectClass: dcObject
objectClass: organization
dc: example
o: Example
${person('ann', 'homeDirectory: /h/ann\nuidNumber: 1000\n')}${person('bob', '')}${person('carl@a.org', 'homeDirectory: /h/c\nl: 192.0.2.1\n')}`;
/** Those that are not proxied: only they have a userdb look-up behind their login. */
const LOCAL = ['ann', 'bob'];
const USERS = [...LOCAL, 'carl@a.org', 'nul', 'nobody'];

/** The passdb's fields first, then the userdb. */
const PREFETCH = 'userdb prefetch {\n  driver = prefetch\n}\n';

describe.skipIf(missing !== null && !required)(
  'userdbs of servers, prefetched fields and lists of users',
  () => {
    let databases: UserDatabases;
    beforeAll(async () => {
      databases = await startUserDatabases({ mysql: TABLE, pgsql: TABLE }, LDIF);
    }, 120_000);
    afterAll(async () => {
      await databases?.remove();
    });

    const passwordQuery = (name: string): string =>
      `SELECT password, home AS userdb_home, uid AS userdb_uid, quota AS userdb_quota_rule, host, CASE WHEN host IS NOT NULL THEN 'y' END AS proxy FROM users WHERE name = '${name}'`;
    const userQuery = (name: string): string =>
      `SELECT home, uid, quota AS quota_rule, name AS seen FROM users WHERE name = '${name}'`;
    const LIST = 'SELECT name AS user FROM users ORDER BY name';
    const sql = (version: DovecotVersion, driver: string, port: number, user: string): AuthSetup => {
      if (version === '2.3.19.1')
        return {
          version,
          config: `passdb p1 {\n  driver = sql\n  args = @DIR@/sql.ext\n}\n${PREFETCH}userdb u1 {\n  driver = sql\n  args = @DIR@/sql.ext\n}\n`,
          files: {
            'sql.ext': `driver = ${driver}\nconnect = host=127.0.0.1 port=${port} dbname=mail user=${user} password=secret\ndefault_pass_scheme = PLAIN\npassword_query = ${passwordQuery('%u')}\nuser_query = ${userQuery('%u')}\niterate_query = ${LIST}\n`,
          },
        };
      const parameters = `port = ${port}\nuser = ${user}\npassword = secret\ndbname = mail\n`;
      const host = driver === 'pgsql' ? `parameters {\n${parameters}}\n` : parameters;
      return {
        version,
        config: `sql_driver = ${driver}\n${driver} 127.0.0.1 {\n${host}}\npassdb sql {\n  query = ${passwordQuery('%{user}')}\n}\n${PREFETCH}userdb sql {\n  query = ${userQuery('%{user}')}\n  iterate_query = ${LIST}\n}\n`,
      };
    };
    const ldap = (version: DovecotVersion): AuthSetup => {
      const { port } = databases.openldap;
      if (version === '2.3.19.1')
        return {
          version,
          config: `passdb p1 {\n  driver = ldap\n  args = @DIR@/ldap.ext\n}\n${PREFETCH}userdb u1 {\n  driver = ldap\n  args = @DIR@/ldap.ext\n}\n`,
          files: {
            'ldap.ext': `hosts = 127.0.0.1:${port}\ndn = ${LDAP_ADMIN}\ndnpass = ${LDAP_ADMIN_PASSWORD}\nbase = ${LDAP_SUFFIX}\npass_attrs = userPassword=password,homeDirectory=userdb_home,uidNumber=userdb_uid,l=host\npass_filter = (uid=%u)\nuser_attrs = homeDirectory=home,uidNumber=uid,=seen=%u\nuser_filter = (uid=%u)\niterate_attrs = uid=user\niterate_filter = (uid=*)\n`,
          },
        };
      return {
        version,
        config: `ldap_uris = ldap://127.0.0.1:${port}\nldap_auth_dn = ${LDAP_ADMIN}\nldap_auth_dn_password = ${LDAP_ADMIN_PASSWORD}\nldap_base = ${LDAP_SUFFIX}
passdb ldap {\n  filter = (uid=%{user})\n  fields {\n    password = %{ldap:userPassword}\n    userdb_home = %{ldap:homeDirectory | default('')}\n  }\n}
${PREFETCH}userdb ldap {\n  filter = (uid=%{user})\n  iterate_filter = (uid=*)\n  iterate_fields {\n    user = %{ldap:uid}\n  }\n  fields {\n    home = %{ldap:homeDirectory | default('/none')}\n    uid = %{ldap:uidNumber | default('5000')}\n  }\n}\n`,
      };
    };
    const setups: Readonly<Record<string, (version: DovecotVersion) => AuthSetup>> = {
      mysql: (version) => sql(version, 'mysql', databases.mariadb.port, 'reader'),
      pgsql: (version) => sql(version, 'pgsql', databases.postgresql.port, 'dovecot'),
      ldap,
    };

    for (const version of ['2.3.19.1', '2.4.1'] as const) {
      const noDovecot = dovecotMissing(version);
      if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
      describe.skipIf(noDovecot !== null && !required)(version, () => {
        for (const [name, setup] of Object.entries(setups))
          test(name, async () => {
            const server = startDovecotAuth(setup(version));
            const ours = await openUserdbsOf(server, version);
            try {
              for (const user of USERS) {
                const found = server.doveadm(['user', '-u', user]);
                expect
                  .soft({ user, ...(await ourUser(ours, version, user)) })
                  .toEqual({ user, ...found, stderr: withoutMaster(found.stderr) });
              }
              for (const user of LOCAL) {
                const login = server.doveadm(['auth', 'login', user, 'pw']);
                expect
                  .soft({ user, ...(await ourLogin(ours, version, user, 'pw')) })
                  .toEqual({ user, ...login, stderr: withoutMaster(login.stderr) });
              }
              const listed = server.doveadm(['user', '*']).stdout.split('\n').filter(Boolean).sort();
              expect((await ourUserList(server, version)).sort()).toEqual(listed);
            } finally {
              await ours.close();
              await server.stop();
            }
          }, 120_000);
      });
    }
  },
);
