import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePgsqlConnectString } from '../../../src/databases/pgsql/conninfo.js';
import { PgsqlDatabase } from '../../../src/databases/pgsql/database.js';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { escapePgsql } from '../../../src/variables/escape.js';
import {
  type Ask,
  type DovecotAuth,
  dovecotMissing,
  saidOf,
  startDovecotAuth,
} from '../servers/dovecot-auth.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from '../servers/postgresql.js';

const SCHEMA = `
CREATE TABLE users (
  name text PRIMARY KEY, password text, host text, ssl boolean, port integer, big numeric(12,3), at timestamp,
  note text, bytes bytea, list integer[], js jsonb
);
INSERT INTO users VALUES
  ('ann', '{PLAIN}pw', '192.0.2.1', true, 1143, 12.500, '2026-01-02 03:04:05', 'x', 'ab\\000c', '{1,2}', '{"a": 1}'),
  ('bob', '{SHA256}MMlS+rEiw/l1nwKm2Vw3WLJGtP7iOZV7LU/uRuJhcMQ=', NULL, false, NULL, NULL, NULL, '', NULL, NULL, NULL),
  ('o''neil', 'pw', NULL, NULL, NULL, NULL, NULL, 'quote', NULL, NULL, NULL),
  ('back\\slash', 'pw', NULL, NULL, NULL, NULL, NULL, 'backslash', NULL, NULL, NULL),
  ('zoë', '{PLAIN}pw', NULL, NULL, NULL, NULL, NULL, 'é', NULL, NULL, NULL),
  ('null', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
GRANT SELECT ON users TO dovecot;
`;

const COLUMNS =
  'password, host, ssl, port, big, at, note, bytes, list, js, 1.0::float8 AS f, now() > to_timestamp(0) AS t';
/** More of them are in live-chains/; a statement that is refused wants a server of its own there. */
const QUERIES = {
  all: `SELECT ${COLUMNS} FROM users WHERE name = '%u'`,
  broken: "SELECT password, nosuch FROM users WHERE name = '%u'",
  syntax: "SELECT password FROM users WHERE name = '%u' AND",
  long:
    "SELECT password, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' AS a, nosuch, " +
    "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb' AS b FROM users WHERE name = '%u'",
  division: "SELECT password, 1/0 AS x FROM users WHERE name = '%u'",
  cast: "SELECT password FROM users WHERE port = '%u'",
} as const;

const USERS: readonly Ask[] = [
  { user: 'ann', password: 'pw' },
  { user: 'ann', password: 'wrong' },
  { user: 'bob', password: 'pw' },
  { user: 'nobody', password: 'pw' },
  { user: "o'neil", password: 'pw' },
  { user: 'back\\slash', password: 'pw' },
  { user: 'zoë', password: 'pw' },
  { user: 'null', password: 'pw' },
  { user: "x' OR '1'='1", password: 'pw' },
  { user: 'ann', password: null },
  { user: 'nobody', password: null },
];

const missing = postgresqlMissing();
const required = process.env['CI'] === 'true';
if (missing !== null) console.log(`skipped: ${missing}`);

describe.skipIf(missing !== null && !required)('a PostgreSQL passdb answers as real Dovecot does', () => {
  let server: PostgresqlServer;

  beforeAll(async () => {
    server = await startPostgresql();
    server.sql('CREATE DATABASE mail;');
    server.sql(SCHEMA, 'mail');
  });
  afterAll(() => server?.remove());

  const setup = (version: DovecotVersion, query: string, hosts: readonly number[]) =>
    version === '2.3.19.1'
      ? {
          version,
          config:
            'auth_username_chars =\npassdb p1 {\n  driver = sql\n  args = @DIR@/sql.ext\n  result_internalfail = return\n}\n',
          files: {
            'sql.ext':
              `driver = pgsql\nconnect = host=127.0.0.1 port=${hosts[0]} dbname=mail user=dovecot password=secret\n` +
              `password_query = ${query}\ndefault_pass_scheme = PLAIN\n`,
          },
        }
      : {
          version,
          config:
            `auth_username_chars =\nsql_driver = pgsql\n${hosts
              .map(
                (port) =>
                  `pgsql 127.0.0.1 {\n  parameters {\n    port = ${port}\n    dbname = mail\n    user = dovecot\n    password = secret\n  }\n}\n`,
              )
              .join('')}` + `passdb sql {\n  query = ${query.replaceAll('%u', '%{user}')}\n}\n`,
        };

  const open = (connect: string): PgsqlDatabase =>
    new PgsqlDatabase('2.3', parsePgsqlConnectString(connect), escapePgsql, Date.now);
  const common = () => `port=${server.port} dbname=mail user=dovecot password=secret`;

  test('a host that is dead is passed over, with a line that says why', async () => {
    const database = open(`host=127.0.0.2 host=127.0.0.1 ${common()}`);
    expect(await database.query("SELECT 'x' AS password")).toEqual({
      kind: 'rows',
      columns: ['password'],
      rows: [['x']],
    });
    await database.close();
  });

  test('where nobody answers the reason names the host', async () => {
    const database = open('host=127.0.0.2 port=1 dbname=mail user=dovecot');
    expect(await database.query('SELECT 1')).toMatchObject({
      kind: 'error',
      message: 'Not connected to database',
      notConnected: true,
      unreachable: { host: '127.0.0.2', reason: expect.stringContaining('Connection refused') },
      log: [
        {
          text:
            'pgsql(127.0.0.2): Connect failed to database mail: Connection refused\n' +
            '\tIs the server running on that host and accepting TCP/IP connections? (state: connecting)',
        },
      ],
    });
    await database.close();
  });

  test('a wrong password is told in the server’s words', async () => {
    const database = open(`host=127.0.0.1 port=${server.port} dbname=mail user=dovecot password=wrong`);
    expect(await database.query('SELECT 1')).toMatchObject({
      log: [
        {
          text:
            'pgsql(127.0.0.1): Connect failed to database mail: ' +
            'FATAL:  password authentication failed for user "dovecot" (state: wait for input)',
        },
      ],
    });
    await database.close();
  });

  test('a server that went away and came back is asked again', async () => {
    const database = open(`host=127.0.0.1 ${common()}`);
    const ask = () => database.query('SELECT 1 AS x');
    expect(await ask()).toMatchObject({ kind: 'rows', rows: [['1']] });
    await server.stop();
    expect(await ask()).toMatchObject({ kind: 'error', unreachable: { host: '127.0.0.1' } });
    await server.start();
    expect(await ask()).toMatchObject({ kind: 'rows', rows: [['1']] });
    await database.close();
  });

  test('more questions than connections all are answered', async () => {
    const database = open(`host=127.0.0.1 maxconns=2 ${common()}`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => database.query(`SELECT ${index} AS x, pg_sleep(0.01)`)),
    );
    expect(answers.map((answer) => (answer.kind === 'rows' ? answer.rows[0]?.[0] : answer.message))).toEqual(
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
    await database.close();
  });

  test('whatever a name holds, the query stays one query', async () => {
    const database = open(`host=127.0.0.1 ${common()}`);
    const names = [
      "'",
      "''; DROP TABLE users; --",
      '\\',
      "\\'",
      '"',
      '%',
      '$1',
      "'".repeat(65_536),
      'zo\xc3\xab',
      '--',
    ];
    for (const name of names)
      expect(await database.query(`SELECT '${database.escape(name)}' AS name`)).toEqual({
        kind: 'rows',
        columns: ['name'],
        rows: [[name]],
      });
    expect(await database.query(`SELECT '${database.escape('\xff')}' AS name`)).toMatchObject({
      kind: 'error',
      message: 'ERROR:  invalid byte sequence for encoding "UTF8": 0xff',
    });
    await database.close();
  });

  for (const version of ['2.3.19.1', '2.4.1'] as const) {
    const noDovecot = dovecotMissing(version);
    if (noDovecot !== null) console.log(`skipped ${version}: ${noDovecot}`);
    describe.skipIf(noDovecot !== null && !required)(version, () => {
      for (const [name, query] of Object.entries(QUERIES)) {
        test(`query ${name}`, async () => {
          const auth: DovecotAuth = startDovecotAuth(setup(version, query, [server.port]));
          try {
            const other = { user: 'ann', password: 'pw' };
            for (const ask of name === 'all' ? USERS : [other]) {
              const real = auth.real(ask);
              const ours = saidOf(await auth.ours(ask));
              expect.soft({ ask, ...ours }).toEqual({ ask, ...real });
            }
          } finally {
            await auth.stop();
          }
        });
      }
    });
  }
});
