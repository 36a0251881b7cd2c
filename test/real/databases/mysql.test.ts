import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FixtureSet } from '../../../src/databases/fixture/fixture-set.js';
import { MysqlDatabase } from '../../../src/databases/mysql.js';
import type { MysqlHost } from '../../../src/databases/sql/connect-string.js';
import type { SqlAnswer, SqlDatabase } from '../../../src/databases/sql/database.js';
import { escapeMysql } from '../../../src/variables/escape.js';
import { freePort, type MariadbServer, mariadbMissing, startMariadb } from '../servers/mariadb.js';

const FOLDER = join(import.meta.dirname, '../../../fixtures/databases');
const queries = readFileSync(join(FOLDER, 'mysql-queries.txt'), 'latin1')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const corpus = readFileSync(join(FOLDER, 'corpus-queries.txt'), 'latin1')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const missing = mariadbMissing();
if (missing !== null) console.log(`real MariaDB tests are skipped: ${missing}`);

/** What two answers must have in common; the server's version words aside. */
function comparable(answer: SqlAnswer): unknown {
  return answer.kind === 'rows'
    ? { columns: answer.columns, rows: answer.rows }
    : { error: answer.message, notConnected: answer.notConnected ?? false };
}

describe.skipIf(missing !== null)('a MariaDB server', () => {
  let server: MariadbServer;
  let real: SqlDatabase;
  const fixtures = new FixtureSet([join(FOLDER, 'mail.sql')], Date.now);
  const fixture = fixtures.database('mysql', 'mailproxy');
  const open: SqlDatabase[] = [];

  const connect = (hosts: readonly Partial<MysqlHost>[], now: () => number = Date.now): SqlDatabase => {
    const database = new MysqlDatabase(
      {
        hosts: hosts.map((host) => ({
          host: '127.0.0.1',
          port: server.port,
          user: server.user,
          password: server.password,
          dbname: 'mailproxy',
          tls: null,
          clientFlags: 0,
          optionFile: '',
          optionGroup: 'client',
          connectTimeout: 2000,
          readTimeout: 5000,
          writeTimeout: 5000,
          ...host,
        })),
        connectionLimit: 5,
      },
      escapeMysql,
      now,
    );
    open.push(database);
    return database;
  };

  beforeAll(async () => {
    server = await startMariadb();
    server.load(join(FOLDER, 'mail.sql'));
    real = connect([{}]);
  });
  afterAll(async () => {
    await Promise.all(open.map((database) => database.close()));
    await fixtures.close();
    await server.remove();
  });

  describe('and a fixture of the same data answer alike', () => {
    test.each(queries)('%s', async (query) => {
      expect(comparable(await fixture.query(query))).toEqual(comparable(await real.query(query)));
    });
  });

  test(`and a fixture answer ${corpus.length} queries of real configurations alike`, async () => {
    const path = join(FOLDER, 'corpus.sql');
    server.sql('CREATE DATABASE corpus CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci');
    server.load(path, 'corpus');
    const asked = connect([{ dbname: 'corpus' }]);
    const set = new FixtureSet([path], Date.now);
    const answers = set.database('mysql', 'corpus');
    for (const query of corpus)
      expect
        .soft({ query, said: comparable(await answers.query(query)) })
        .toEqual({ query, said: comparable(await asked.query(query)) });
    await set.close();
  });

  test('rows of a list come one by one, and a list that is left early does no harm', async () => {
    const text = 'SELECT username AS user FROM proxy_users ORDER BY username';
    const read = async (database: SqlDatabase, atMost: number): Promise<unknown> => {
      const { columns, rows } = await database.stream(text);
      const all = [];
      for await (const row of rows) {
        all.push(row);
        if (all.length >= atMost) break;
      }
      return { columns, all };
    };
    expect(await read(real, 1000)).toEqual(await read(fixture, 1000));
    expect(await read(real, 1)).toEqual(await read(fixture, 1));
    await expect(real.stream('SELECT nosuch FROM proxy_users')).rejects.toThrow("Unknown column 'nosuch'");
    expect(await real.query('SELECT 1')).toMatchObject({ rows: [['1']] });
  });

  test('values come as the bytes of the text protocol', async () => {
    const answer = await real.query(
      "SELECT CAST(1.50 AS DECIMAL(5,2)), TRUE, TIMESTAMP('2026-01-01'), X'ff00', NULL, 1e20, 18446744073709551615, '\xc3\xa4'",
    );
    expect(answer).toMatchObject({
      rows: [
        ['1.50', '1', '2026-01-01 00:00:00', '\xff\0', null, '1e20', '18446744073709551615', '\xc3\xa4'],
      ],
    });
  });

  test('bytes that are not UTF-8 reach the server as they are', async () => {
    expect(await real.query("SELECT HEX(_binary'\xff\xfea')")).toMatchObject({ rows: [['FFFE61']] });
  });

  test('a name with everything that wants escaping stays one string', async () => {
    const name = '\'; DROP TABLE users; -- " \\ \0 \n \r \x1a % _ \xc3\xa9';
    const answer = await real.query(`SELECT '${escapeMysql(name)}' AS n, COUNT(*) AS c FROM users`);
    expect(answer).toMatchObject({ rows: [[name, '3']] });
  });

  test('the next host is asked where the first cannot be reached', async () => {
    const database = connect([{ host: '127.0.0.1', port: await freePort() }, {}]);
    const answer = await database.query('SELECT 1');
    expect(answer).toMatchObject({ kind: 'rows', rows: [['1']] });
  });

  test('a failed host is asked last for a while', async () => {
    let now = 1_000_000;
    const database = connect([{ port: await freePort() }, {}], () => now);
    await database.query('SELECT 1');
    now += 1000;
    const answer = await database.query("SELECT 'x' FROM nosuch");
    // No line about the dead host: it was not tried.
    expect(JSON.stringify(answer)).not.toContain('Connect failed');
  });

  test('a server that is down is named, in the words of the client library', async () => {
    const port = await freePort();
    const answer = await connect([{ port }]).query('SELECT 1');
    expect(answer).toEqual({
      kind: 'error',
      message: 'Not connected to database',
      notConnected: true,
      unreachable: { host: '127.0.0.1', reason: "Can't connect to server on '127.0.0.1' (115)" },
      log: [
        {
          level: 'error',
          scope: 'process',
          text: "mysql(127.0.0.1): Connect failed to database (mailproxy): Can't connect to server on '127.0.0.1' (115) - waiting for 1 seconds before retry",
        },
      ],
    });
  });

  test('a wrong password is a connection that was not made', async () => {
    const answer = await connect([{ password: 'wrong' }]).query('SELECT 1');
    expect(answer).toMatchObject({
      notConnected: true,
      unreachable: { reason: expect.stringMatching(/^Access denied for user 'dovecot'@/) },
    });
    expect(JSON.stringify(answer)).not.toContain('wrong');
  });

  test('a socket path is a host', async () => {
    expect(await connect([{ host: server.socket, port: 0 }]).query('SELECT 1')).toMatchObject({
      rows: [['1']],
    });
    const answer = await connect([{ host: '/nowhere/server.sock', port: 0 }]).query('SELECT 1');
    expect(answer).toMatchObject({
      unreachable: { reason: "Can't connect to local server through socket '/nowhere/server.sock' (2)" },
    });
  });

  test('an error of the server does not end the connection', async () => {
    const database = connect([{}]);
    const id = await database.query('SELECT CONNECTION_ID()');
    expect(await database.query('SELECT * FROM nosuch')).toMatchObject({
      message: "Table 'mailproxy.nosuch' doesn't exist",
    });
    expect(await database.query('SELECT CONNECTION_ID()')).toEqual(id);
  });

  test('no more rows are handed out than are wanted', async () => {
    expect(await real.query('SELECT userid FROM users ORDER BY userid', { atMost: 2 })).toMatchObject({
      rows: [['Bob'], ['jane']],
    });
  });

  test('a statement without rows answers with none', async () => {
    expect(await real.query('DO 1')).toEqual({ kind: 'rows', columns: [], rows: [] });
  });

  test('a server that stops and comes back is found again', async () => {
    const database = connect([{}]);
    expect(await database.query('SELECT 1')).toMatchObject({ kind: 'rows' });
    await server.stop();
    expect(await database.query('SELECT 1')).toMatchObject({
      kind: 'error',
      unreachable: { host: '127.0.0.1' },
    });
    await server.start();
    expect(await database.query('SELECT 2')).toMatchObject({ rows: [['2']] });
  });
});
