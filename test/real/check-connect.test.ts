import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runIn } from '../docs/console.js';
import { freePort, type MariadbServer, mariadbMissing, startMariadb } from './servers/mariadb.js';
import {
  LDAP_ADMIN,
  LDAP_ADMIN_PASSWORD,
  LDAP_SUFFIX,
  type OpenldapServer,
  openldapMissing,
  startOpenldap,
} from './servers/openldap.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from './servers/postgresql.js';

// `check --connect` against real servers: what they refuse is a finding, what they take is none.

const required = process.env['CI'] === 'true';
const TABLE = 'CREATE TABLE users (name VARCHAR(100) PRIMARY KEY, pw VARCHAR(100), host VARCHAR(100))';
const folder = mkdtempSync(join(tmpdir(), 'dvproxy-connect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** `CODE message` of the findings that come from asking. */
async function findings(files: Readonly<Record<string, string>>, more = ''): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { text } = await runIn(
    folder,
    `dvproxy check --connect --format compact --map /etc/dovecot=${folder} ${more} dovecot.conf`,
  );
  return text
    .split('\n')
    .flatMap((line) => /^(?:\S*\/)?([^/:]+:\d+):\d+: \w+: (.*) \[(DV83\d)\]$/.exec(line)?.slice(1) ?? [])
    .reduce<string[]>((all, _, index, parts) => {
      if (index % 3 === 0) all.push(`${parts[index + 2]} ${parts[index]} ${parts[index + 1]}`);
      return all;
    }, []);
}

const MAIN =
  'passdb {\n  driver = sql\n  args = /etc/dovecot/sql.conf.ext\n}\nuserdb {\n  driver = sql\n  args = /etc/dovecot/sql.conf.ext\n}\n';

function sqlFile(
  driver: string,
  connect: string,
  password: string,
  user = 'SELECT name AS user FROM users',
): string {
  return [
    `driver = ${driver}`,
    `connect = ${connect}`,
    `password_query = ${password}`,
    `user_query = ${user} WHERE name = '%u'`,
    'iterate_query = SELECT name AS user FROM users',
    '',
  ].join('\n');
}

const GOOD = "SELECT pw AS password, host FROM users WHERE name = '%u'";
const NO_COLUMN = "SELECT passwd AS password FROM users WHERE name = '%u'";
const NO_TABLE = "SELECT pw AS password FROM people WHERE name = '%u'";
const NO_PASSWORD = "SELECT * FROM users WHERE name = '%u'";

/** The same questions to each engine: what its own words are differs. */
function asksTheSame(driver: string, connect: () => string, words: { column: string; table: string }): void {
  const label = () => (driver === 'sqlite' ? `sqlite ${connect()}` : `${driver} 127.0.0.1/mail`);
  const asked = (password: string) =>
    findings({ 'dovecot.conf': MAIN, 'sql.conf.ext': sqlFile(driver, connect(), password) });

  test('a query that it takes is no finding', async () => {
    expect(await asked(GOOD)).toEqual([]);
  });

  test('a column that is not there', async () => {
    expect(await asked(NO_COLUMN)).toEqual([
      `DV831 sql.conf.ext:3 ${label()} refuses password_query: ${words.column}`,
    ]);
  });

  test('a table that is not there', async () => {
    expect(await asked(NO_TABLE)).toEqual([
      `DV831 sql.conf.ext:3 ${label()} refuses password_query: ${words.table}`,
    ]);
  });

  test('SELECT * without a column called password', async () => {
    expect(await asked(NO_PASSWORD)).toEqual([
      `DV832 sql.conf.ext:3 ${label()} returns name, pw, host and no password: every look-up fails`,
    ]);
  });
}

const noMariadb = mariadbMissing();
if (noMariadb !== null && !required) console.warn(`skipped: --connect to MariaDB, ${noMariadb}`);
describe.skipIf(noMariadb !== null && !required)('MariaDB', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
    server.sql('CREATE DATABASE mail');
    server.sql(`${TABLE}; INSERT INTO users VALUES ('ann', '{PLAIN}pw', '192.0.2.1')`, 'mail');
  });
  afterAll(() => server?.remove());
  const connect = () =>
    `host=127.0.0.1 port=${server.port} dbname=mail user=${server.user} password=${server.password}`;

  asksTheSame('mysql', connect, {
    column: "Unknown column 'passwd' in 'SELECT'",
    table: "Table 'mail.people' doesn't exist",
  });

  test('a wrong password for the database', async () => {
    const wrong = connect().replace(/password=.*/, 'password=wrong');
    const [finding, ...others] = await findings({
      'dovecot.conf': MAIN,
      'sql.conf.ext': sqlFile('mysql', wrong, GOOD),
    });
    expect(finding).toMatch(
      /^DV830 sql\.conf\.ext:2 mysql 127\.0\.0\.1\/mail does not let us in: Access denied for user/,
    );
    expect(others).toEqual([]);
  });

  test('nobody listens', async () => {
    const closed = connect().replace(/port=\d+/, `port=${await freePort()}`);
    const found = await findings({ 'dovecot.conf': MAIN, 'sql.conf.ext': sqlFile('mysql', closed, GOOD) });
    expect(found).toEqual([
      "DV830 sql.conf.ext:2 mysql 127.0.0.1/mail does not let us in: Can't connect to server on '127.0.0.1' (115)",
    ]);
  });

  test('the userdb’s query', async () => {
    const file = sqlFile('mysql', connect(), GOOD, 'SELECT home FROM users');
    expect(await findings({ 'dovecot.conf': MAIN, 'sql.conf.ext': file })).toEqual([
      "DV831 sql.conf.ext:4 mysql 127.0.0.1/mail refuses user_query: Unknown column 'home' in 'SELECT'",
    ]);
  });

  test('a passdb of 2.4', async () => {
    const main = [
      'dovecot_config_version = 2.4.1',
      'dovecot_storage_version = 2.4.1',
      'sql_driver = mysql',
      'mysql 127.0.0.1 {',
      `  port = ${server.port}`,
      '  dbname = mail',
      `  user = ${server.user}`,
      `  password = ${server.password}`,
      '}',
      'passdb sql {',
      "  query = SELECT nosuch AS password FROM users WHERE name = '%{user}'",
      '}',
      '',
    ].join('\n');
    expect(await findings({ 'dovecot.conf': main })).toEqual([
      "DV831 dovecot.conf:11 mysql 127.0.0.1/mail refuses passdb_sql_query: Unknown column 'nosuch' in 'SELECT'",
    ]);
  });
});

const noPostgresql = postgresqlMissing();
if (noPostgresql !== null && !required) console.warn(`skipped: --connect to PostgreSQL, ${noPostgresql}`);
describe.skipIf(noPostgresql !== null && !required)('PostgreSQL', () => {
  let server: PostgresqlServer;
  beforeAll(async () => {
    server = await startPostgresql();
    server.sql('CREATE DATABASE mail');
    server.sql(`${TABLE}; GRANT SELECT ON users TO ${server.user}`, 'mail');
  });
  afterAll(() => server?.remove());
  asksTheSame(
    'pgsql',
    () => `host=127.0.0.1 port=${server.port} dbname=mail user=${server.user} password=${server.password}`,
    { column: 'column "passwd" does not exist', table: 'relation "people" does not exist' },
  );
});

describe('SQLite', () => {
  const path = join(folder, 'users.sqlite');
  beforeAll(() => {
    const database = new Sqlite(path);
    database.exec(TABLE);
    database.close();
  });
  asksTheSame('sqlite', () => path, { column: 'no such column: passwd', table: 'no such table: people' });

  test('a file that is not there', async () => {
    const file = sqlFile('sqlite', join(folder, 'nosuch.sqlite'), GOOD);
    expect(await findings({ 'dovecot.conf': MAIN, 'sql.conf.ext': file })).toEqual([
      `DV830 sql.conf.ext:2 sqlite ${folder}/nosuch.sqlite does not let us in: the file does not exist`,
    ]);
  });
});

const noOpenldap = openldapMissing();
if (noOpenldap !== null && !required) console.warn(`skipped: --connect to OpenLDAP, ${noOpenldap}`);
describe.skipIf(noOpenldap !== null && !required)('OpenLDAP', () => {
  let server: OpenldapServer;
  beforeAll(async () => {
    server = await startOpenldap(
      `dn: ${LDAP_SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n`,
    );
  });
  afterAll(() => server?.remove());
  const asked = (lines: readonly string[]) =>
    findings({
      'dovecot.conf': 'passdb {\n  driver = ldap\n  args = /etc/dovecot/ldap.conf.ext\n}\n',
      'ldap.conf.ext': `uris = ldap://127.0.0.1:${server.port}\n${lines.join('\n')}\n`,
    });

  test('a bind and a base that it takes', async () => {
    const lines = [`dn = ${LDAP_ADMIN}`, `dnpass = ${LDAP_ADMIN_PASSWORD}`, `base = ${LDAP_SUFFIX}`];
    expect(await asked(lines)).toEqual([]);
  });

  test('a base that is not there', async () => {
    expect(await asked([`base = ou=nosuch,${LDAP_SUFFIX}`])).toEqual([
      `DV831 ldap.conf.ext:2 ldap ldap://127.0.0.1:${server.port} refuses base: No such object`,
    ]);
  });

  test('a wrong password for the bind', async () => {
    const [finding] = await asked([`dn = ${LDAP_ADMIN}`, 'dnpass = wrong', `base = ${LDAP_SUFFIX}`]);
    expect(finding).toMatch(/^DV83[01] ldap\.conf\.ext:1 ldap .*Invalid credentials/);
  });

  test('nobody listens', async () => {
    const found = await findings({
      'dovecot.conf': 'passdb {\n  driver = ldap\n  args = /etc/dovecot/ldap.conf.ext\n}\n',
      'ldap.conf.ext': `uris = ldap://127.0.0.1:${await freePort()}\nbase = ${LDAP_SUFFIX}\n`,
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^DV830 ldap\.conf\.ext:1 ldap .* does not let us in: /);
  });
});
