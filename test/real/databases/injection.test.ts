import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../../src/auth/authenticate.js';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { AuthSocket } from '../servers/auth-socket.js';
import { type AuthSetup, dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { type FakeImap, startFakeImap } from '../servers/fake-imap.js';
import { type FakeOauth2, startFakeOauth2 } from '../servers/fake-oauth2.js';
import { type MariadbServer, mariadbMissing, startMariadb } from '../servers/mariadb.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  type OpenldapServer,
  openldapMissing,
  startOpenldap,
} from '../servers/openldap.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from '../servers/postgresql.js';
import { type RedisServer, redisMissing, startRedis } from '../servers/redis.js';
import { type OpenedUserdbs, openUserdbsOf, requestFor } from '../servers/userdb-answers.js';

const required = process.env['CI'] === 'true';
const missing =
  mariadbMissing() ??
  postgresqlMissing() ??
  openldapMissing() ??
  redisMissing() ??
  dovecotMissing('2.3.19.1');
if (missing !== null) console.log(`skipped: ${missing}`);

/** Names that mean something to some database, one character a byte; all of them are users where they can be. */
const NAMES: readonly string[] = [
  'ann',
  "o'brien",
  'back\\slash',
  "x\\' or 1=1 -- ",
  "x' or '1'='1",
  "x'; drop table users; -- ",
  '"quoted" and `ticked`',
  'per%cent %u %% %{user} %d',
  'a_b%c',
  '*',
  'a*n',
  'x)(uid=*',
  'x)(|(uid=*))',
  'back\\2aslash',
  'dn,ou=people',
  '#hash',
  'co:lon',
  '{plain}x',
  '$$dollar$$ $1 $x$',
  'slash/../../etc/passwd',
  '/* comment */ -- x',
  'two words',
  'new\nline\r',
  'zo\xc3\xab',
];
/** What no database has: bytes that are no text, and more of them than any name has. */
const STRANGERS: readonly string[] = [
  'ann ',
  ' ann',
  'nobody',
  '\x7f\x1b[31m',
  `${"'".repeat(400)}`,
  `${'\\'.repeat(401)}`,
  'x'.repeat(3000),
];
/** Bytes that are no text. */
const BYTES: readonly string[] = ['\xff\xfe', "\xbf' or 1=1 -- ", "\xbf\x5c' or 1=1", 'ann\xa0'];
const PASSWORDS: readonly string[] = [
  "' or '1'='1",
  '\\',
  'pw\\',
  "pw' -- ",
  '%u',
  '*',
  'x'.repeat(3000),
  '{PLAIN}pw',
  '',
];

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
const rows = (literal: (name: string) => string): string =>
  NAMES.map((name) => `(${literal(name)}, '{PLAIN}pw')`).join(', ');
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

const LDIF = [
  `dn: ${LDAP_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
  `dn: ou=people,${LDAP_SUFFIX}\nobjectClass: organizationalUnit\nou: people\n`,
  ...NAMES.map(
    (name, index) =>
      `dn: cn=u${index},ou=people,${LDAP_SUFFIX}\nobjectClass: inetOrgPerson\ncn: u${index}\nsn: x\nuid:: ${base64(name)}\nuserPassword: {PLAIN}pw\n`,
  ),
].join('\n');

const LUA = `
function script_init() return 0 end
function auth_passdb_lookup(req)
  if req.user == 'nobody' then return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, '' end
  return dovecot.auth.PASSDB_RESULT_OK, { password = '{PLAIN}pw' }
end
`;
const CHECK = `#!/bin/sh
{ cat <&3; } | tr '\\0' '\\n' | { read -r user; read -r password; [ "$password" = pw ] && [ "$user" = ann ]; } || exit 1
EXTRA="seen" seen=yes
export EXTRA seen
exec "$@"
`;

interface Case {
  readonly of23?: { readonly passdb: string; readonly files?: Readonly<Record<string, string>> };
  readonly of24?: string;
  readonly modes?: Readonly<Record<string, number>>;
  /** Real Dovecot is not asked about bytes that are no text: it fails for a while, or dies. */
  readonly textOnly?: boolean;
  readonly prepare?: (directory: string) => void;
}

describe.skipIf(missing !== null && !required)('names and passwords stay what they are in', () => {
  let mariadb: MariadbServer;
  let postgresql: PostgresqlServer;
  let ldap: OpenldapServer;
  let redis: RedisServer;
  let imap: FakeImap;
  let oauth2: FakeOauth2;
  beforeAll(async () => {
    [mariadb, postgresql, ldap, redis, imap, oauth2] = await Promise.all([
      startMariadb(),
      startPostgresql(),
      startOpenldap(LDIF),
      startRedis(),
      startFakeImap(),
      startFakeOauth2(),
    ]);
    const columns = '(name varchar(200) primary key, password varchar(200))';
    mariadb.sql(
      `CREATE DATABASE mail; CREATE TABLE mail.users ${columns.replace('(200) primary', '(200) COLLATE utf8mb4_bin primary')}; INSERT INTO mail.users VALUES ${rows((name) => `X'${hex(name)}'`)};`,
    );
    postgresql.sql('CREATE DATABASE mail;');
    postgresql.sql(
      `CREATE TABLE users ${columns}; INSERT INTO users VALUES ${rows((name) => `convert_from(decode('${hex(name)}', 'hex'), 'UTF8')`)}; GRANT SELECT ON users TO dovecot;`,
      'mail',
    );
    for (const name of NAMES)
      redis.command(
        0,
        'SET',
        Buffer.from(`pass/${name}`, 'latin1').toString('utf8'),
        '{"password":"{PLAIN}pw"}',
      );
  }, 120_000);
  afterAll(async () => {
    await Promise.all([mariadb?.remove(), postgresql?.remove(), ldap?.remove(), redis?.remove()]);
    imap?.stop();
    oauth2?.stop();
  });

  const query = (user: string): string => `SELECT name AS user, password FROM users WHERE name = '${user}'`;
  const withPassword = (user: string, password: string): string =>
    `SELECT name AS user, NULL AS password, 'y' AS nopassword FROM users WHERE name = '${user}' AND '${password}' = 'pw'`;
  const sql23 = (driver: string, connect: string, text = query('%u')) => ({
    passdb: 'driver = sql\n  args = @DIR@/sql.ext',
    files: {
      'sql.ext': `driver = ${driver}\nconnect = ${connect}\ndefault_pass_scheme = PLAIN\npassword_query = ${text}\n`,
    },
  });
  const mysql24 = () =>
    `sql_driver = mysql\nmysql 127.0.0.1 {\n  port = ${mariadb.port}\n  user = ${mariadb.user}\n  password = ${mariadb.password}\n  dbname = mail\n}\n`;
  const mysql23 = () =>
    `host=127.0.0.1 port=${mariadb.port} user=${mariadb.user} password=${mariadb.password} dbname=mail`;
  const pgsql24 = () =>
    `sql_driver = pgsql\npgsql 127.0.0.1 {\n  parameters {\n    port = ${postgresql.port}\n    user = dovecot\n    password = secret\n    dbname = mail\n  }\n}\n`;
  const sqlite = (directory: string): void => {
    const database = new Sqlite(join(directory, 'users.db'));
    database.exec('CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT)');
    for (const name of NAMES)
      database
        .prepare("INSERT INTO users VALUES (?, '{PLAIN}pw')")
        .run(Buffer.from(name, 'latin1').toString('utf8'));
    database.close();
  };
  const ldapFile = `hosts = 127.0.0.1:@PORT@\ndn = ${LDAP_ADMIN}\ndnpass = ${LDAP_ADMIN_PASSWORD}\nbase = ou=people,${LDAP_SUFFIX}\npass_attrs = uid=user,userPassword=password\npass_filter = (uid=%u)\n`;
  const ldap24 = (): string =>
    `ldap_uris = ldap://127.0.0.1:${ldap.port}\nldap_auth_dn = ${LDAP_ADMIN}\nldap_auth_dn_password = ${LDAP_ADMIN_PASSWORD}\nldap_base = ou=people,${LDAP_SUFFIX}\n`;

  const cases: Readonly<Record<string, () => Case>> = {
    mysql: () => ({
      of23: sql23('mysql', mysql23()),
      of24: `${mysql24()}passdb sql {\n  query = ${query('%{user}')}\n}\n`,
    }),
    'mysql, with the password in the query': () => ({
      of23: sql23('mysql', mysql23(), withPassword('%u', '%w')),
      of24: `${mysql24()}passdb sql {\n  query = ${withPassword('%{user}', '%{password}')}\n}\n`,
    }),
    pgsql: () => ({
      of23: sql23('pgsql', `host=127.0.0.1 port=${postgresql.port} user=dovecot password=secret dbname=mail`),
      of24: `${pgsql24()}passdb sql {\n  query = ${query('%{user}')}\n}\n`,
      textOnly: true,
    }),
    'pgsql, with the password in the query': () => ({
      of24: `${pgsql24()}passdb sql {\n  query = ${withPassword('%{user}', '%{password}')}\n}\n`,
      textOnly: true,
    }),
    sqlite: () => ({
      of23: sql23('sqlite', '@DIR@/users.db'),
      of24: `sql_driver = sqlite\nsqlite_path = @DIR@/users.db\npassdb sql {\n  query = ${query('%{user}')}\n}\n`,
      prepare: sqlite,
    }),
    ldap: () => ({
      of23: {
        passdb: 'driver = ldap\n  args = @DIR@/ldap.ext',
        files: { 'ldap.ext': ldapFile.replace('@PORT@', String(ldap.port)) },
      },
      of24: `${ldap24()}passdb ldap {\n  ldap_filter = (uid=%{user})\n  fields {\n    user = %{ldap:uid}\n    password = %{ldap:userPassword}\n  }\n}\n`,
    }),
    'ldap, by a bind': () => ({
      of23: {
        passdb: 'driver = ldap\n  args = @DIR@/ldap.ext',
        files: {
          'ldap.ext': `${ldapFile.replace('@PORT@', String(ldap.port))}auth_bind = yes\nauth_bind_userdn = uid=%u,ou=people,${LDAP_SUFFIX}\n`,
        },
      },
      of24: `${ldap24()}passdb ldap {\n  ldap_filter = (uid=%{user})\n  ldap_bind = yes\n  ldap_bind_userdn = uid=%{user},ou=people,${LDAP_SUFFIX}\n}\n`,
    }),
    'passwd-file': () => ({
      of23: {
        passdb: 'driver = passwd-file\n  args = @DIR@/users',
        files: {
          users: NAMES.map((name) => `${Buffer.from(name, 'latin1').toString('utf8')}:{PLAIN}pw\n`).join(''),
        },
      },
      of24: 'passdb passwd-file {\n  passwd_file_path = @DIR@/users\n}\n',
    }),
    'dict, in a file': () => ({
      of23: {
        passdb: 'driver = dict\n  args = @DIR@/dict.ext',
        files: {
          'dict.ext': 'uri = file:@DIR@/values\npassword_key = pass/%u\n',
          values: NAMES.map(
            (name) =>
              `shared/pass/${Buffer.from(name, 'latin1').toString('utf8')}\n{"password":"{PLAIN}pw"}\n`,
          ).join(''),
        },
      },
    }),
    'dict, in Redis': () => ({
      of23: {
        passdb: 'driver = dict\n  args = @DIR@/dict.ext',
        files: {
          'dict.ext': `uri = redis:port=${redis.port}:password=${redis.password}\npassword_key = pass/%u\n`,
        },
      },
    }),
    lua: () => ({
      of23: { passdb: 'driver = lua\n  args = file=@DIR@/x.lua', files: { 'x.lua': LUA } },
      of24: 'passdb lua {\n  lua_file = @DIR@/x.lua\n}\n',
    }),
    checkpassword: () => ({
      of23: { passdb: 'driver = checkpassword\n  args = @DIR@/check', files: { check: CHECK } },
      modes: { check: 0o755 },
    }),
    imap: () => ({
      of23: { passdb: `driver = imap\n  args = host=127.0.0.1 port=${imap.port}` },
      of24: `passdb imap {\n  imapc_host = 127.0.0.1\n  imapc_port = ${imap.port}\n}\n`,
    }),
    oauth2: () => ({
      of23: {
        passdb: 'driver = oauth2\n  args = @DIR@/oauth2.ext',
        files: {
          'oauth2.ext': `grant_url = http://127.0.0.1:${oauth2.port}/grant\nuse_grant_password = yes\nclient_id = me\nclient_secret = s\nactive_attribute =\nactive_value =\n`,
        },
      },
      textOnly: true,
    }),
    'oauth2, with the token in the URL': () => ({
      of23: {
        passdb: 'driver = oauth2\n  args = @DIR@/oauth2.ext',
        files: {
          'oauth2.ext': `tokeninfo_url = http://127.0.0.1:${oauth2.port}/tokeninfo?token=\nusername_attribute = email\n`,
        },
      },
      textOnly: true,
    }),
    static: () => ({
      of23: { passdb: 'driver = static\n  args = password=pw x=%u host=%d y=<%n>' },
      of24: 'passdb static {\n  password = pw\n  fields {\n    x = %{user}\n    y = [%{user | username}]\n  }\n}\n',
    }),
  };

  for (const version of ['2.3.19.1', '2.4.1'] as const) {
    const noDovecot = dovecotMissing(version);
    if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
    describe.skipIf(noDovecot !== null && !required)(version, () => {
      for (const [name, make] of Object.entries(cases))
        test(name, async () => {
          const { textOnly = false, ...given } = make();
          const setup = setupOf(version, given);
          if (setup === null) return;
          const auth = startDovecotAuth(setup.auth);
          setup.prepare?.(auth.realDirectory);
          const ours = await openUserdbsOf(auth, version);
          const socket = new AuthSocket(join(auth.realDirectory, 'run/auth-client'), false);
          try {
            const asks = [
              ...[...NAMES, ...STRANGERS].map((user) => ({ user, password: 'pw' })),
              // The auth process of 2.3 dies of an empty token.
              ...PASSWORDS.filter((password) => !name.startsWith('oauth2') || password !== '').map(
                (password) => ({
                  user: 'ann',
                  password,
                }),
              ),
              ...(textOnly ? [] : BYTES.map((user) => ({ user, password: 'pw' }))),
              ...(textOnly ? [] : [{ user: 'ann', password: '\xff' }]),
            ];
            const said: { readonly ask: Asked; readonly said: readonly string[] }[] = [];
            // No more at once than there are auth-workers.
            for (let at = 0; at < asks.length; at += 8)
              said.push(
                ...(await Promise.all(
                  asks.slice(at, at + 8).map(async (ask) => ({ ask, said: await realAnswer(socket, ask) })),
                )),
              );
            for (const each of said)
              expect.soft({ ask: each.ask, said: await ourAnswer(ours, each.ask) }).toEqual(each);
            // Longer than what real Dovecot's socket takes.
            const long = ["'", '\\', '*', '%u', '\xff'].map((piece) => piece.repeat(65_536 / piece.length));
            for (const user of [...long, ...(textOnly ? BYTES : [])]) {
              const [kind] = await ourAnswer(ours, { user, password: 'pw' });
              expect.soft(kind).toBe(['lua', 'imap', 'static'].includes(name) ? 'OK' : 'FAIL');
            }
          } finally {
            socket.close();
            await ours.close();
            await auth.stop();
          }
        });
    });
  }

  test('the tables are all still there', () => {
    expect(Number(mariadb.sql('SELECT count(*) FROM mail.users'))).toBe(NAMES.length);
    expect(Number(postgresql.sql('SELECT count(*) FROM users', 'mail'))).toBe(NAMES.length);
  });
});

function setupOf(
  version: DovecotVersion,
  { of23, of24, modes, prepare }: Case,
): { readonly auth: AuthSetup; readonly prepare: Case['prepare'] } | null {
  const common = 'auth_username_chars =\nauth_username_format =\n';
  const files = { users: '', 'x.lua': LUA, ...of23?.files };
  if (version === '2.3.19.1')
    return of23 === undefined
      ? null
      : {
          auth: {
            version,
            config: `${common}passdb p1 {\n  ${of23.passdb}\n  result_internalfail = return\n}\n`,
            files,
            ...(modes === undefined ? {} : { modes }),
          },
          prepare,
        };
  return of24 === undefined
    ? null
    : {
        auth: { version, config: `auth_username_chars =\nauth_username_format = %{user}\n${of24}`, files },
        prepare,
      };
}

interface Asked {
  readonly user: string;
  readonly password: string;
}

const shown = (kind: string, fields: readonly string[]): readonly string[] => [
  kind,
  ...fields.filter((field) => field !== ''),
];

async function realAnswer(socket: AuthSocket, { user, password }: Asked): Promise<readonly string[]> {
  const reply = await socket.ask({
    user,
    password,
    mechanism: 'PLAIN',
    authorizationId: '',
    parameters: ['service=imap'],
  });
  return shown(reply.kind, reply.fields);
}

async function ourAnswer({ chain }: OpenedUserdbs, { user, password }: Asked): Promise<readonly string[]> {
  const answer = await authenticate({ ...requestFor(user, password), protocol: 'imap', login: false }, chain);
  const code = answer.code === null ? [] : [`code=${answer.code}`];
  const fields = answer.fields.map(({ name, value }) => (value === null ? name : `${name}=${value}`));
  return shown(answer.result === 'ok' ? 'OK' : 'FAIL', [`user=${answer.user}`, ...code, ...fields]);
}
