import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MysqlDatabase } from '../../../src/databases/mysql.js';
import { parsePgsqlConnectString } from '../../../src/databases/pgsql/conninfo.js';
import { PgsqlDatabase } from '../../../src/databases/pgsql/database.js';
import type { SqlDatabase } from '../../../src/databases/sql/database.js';
import { escapeMysql, escapePgsql } from '../../../src/variables/escape.js';
import { type FaultyRelay, startFaultyRelay } from '../servers/faulty-relay.js';
import { type MariadbServer, mariadbMissing, startMariadb } from '../servers/mariadb.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from '../servers/postgresql.js';

const required = process.env['CI'] === 'true';
const missing = mariadbMissing() ?? postgresqlMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

const HOST = '127.0.0.1';
const LIMIT = 3;

interface Case {
  readonly relay: () => FaultyRelay;
  /** Asks the given ports in this order. */
  open(ports: readonly number[]): SqlDatabase;
  readonly direct: () => number;
  /** Tells one connection from another. */
  readonly id: string;
}

describe.skipIf(missing !== null && !required)('connections to a database', () => {
  let mariadb: MariadbServer;
  let postgresql: PostgresqlServer;
  const relays: FaultyRelay[] = [];
  const opened: SqlDatabase[] = [];
  beforeAll(async () => {
    [mariadb, postgresql] = await Promise.all([startMariadb(), startPostgresql()]);
    for (const { port } of [mariadb, postgresql])
      relays.push(await startFaultyRelay(HOST, 0, { host: HOST, port }));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await Promise.all(relays.map((relay) => relay.close()));
    await Promise.all([mariadb?.remove(), postgresql?.remove()]);
  });
  const relayAt = (index: number) => (): FaultyRelay => {
    const relay = relays[index];
    if (relay === undefined) throw new Error('no relay');
    return relay;
  };

  const cases: Readonly<Record<string, Case>> = {
    mysql: {
      relay: relayAt(0),
      direct: () => mariadb.port,
      id: 'SELECT CONNECTION_ID()',
      open: (ports) =>
        new MysqlDatabase(
          {
            hosts: ports.map((port) => ({
              host: HOST,
              port,
              user: mariadb.user,
              password: mariadb.password,
              dbname: '',
              tls: null,
              clientFlags: 0,
              optionFile: '',
              optionGroup: 'client',
              connectTimeout: 1000,
              readTimeout: 2000,
              writeTimeout: 2000,
            })),
            connectionLimit: LIMIT,
          },
          escapeMysql,
          Date.now,
        ),
    },
    pgsql: {
      relay: relayAt(1),
      direct: () => postgresql.port,
      id: 'SELECT pg_backend_pid()',
      open: (ports) => {
        const hosts = ports.flatMap((port) => {
          const words = `host=${HOST} port=${port} dbname=postgres user=${postgresql.user}`;
          return parsePgsqlConnectString(`${words} password=${postgresql.password} connect_timeout=2`).hosts;
        });
        return new PgsqlDatabase('2.4', { hosts, connectionLimit: LIMIT }, escapePgsql, Date.now);
      },
    },
  };

  describe.each(Object.entries(cases))('%s', (_, { relay, open, direct, id }) => {
    const openAt = (ports: readonly number[]): SqlDatabase => {
      const database = open(ports);
      opened.push(database);
      return database;
    };
    const one = { kind: 'rows', rows: [['1']] };

    test('there are no more of them than are configured, and all questions are answered', async () => {
      const database = openAt([relay().port]);
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_value, index) => database.query(`SELECT ${index}`)),
      );
      expect(
        answers.map((answer) => (answer.kind === 'rows' ? answer.rows[0]?.[0] : answer.message)),
      ).toEqual(Array.from({ length: 30 }, (_value, index) => String(index)));
      expect(relay().most).toBeLessThanOrEqual(LIMIT);
    });

    test('one that was ended while it was idle is not used again', async () => {
      const database = openAt([relay().port]);
      const before = await database.query(id);
      relay().cut();
      const after = await database.query(id);
      expect(after.kind).toBe('rows');
      expect(after).not.toEqual(before);
    });

    test('one that ends in the middle of a query is replaced, and the query asked again', async () => {
      const database = openAt([relay().port]);
      expect(await database.query('SELECT 1')).toMatchObject(one);
      relay().cutAt('SELECT 1');
      expect(await database.query('SELECT 1')).toMatchObject(one);
    });

    test('a host that takes connections and says nothing is passed over', async () => {
      await relay().setMode('hang');
      const database = openAt([relay().port, direct()]);
      expect(await database.query('SELECT 1')).toMatchObject(one);
      const alone = openAt([relay().port]);
      expect(await alone.query('SELECT 1')).toMatchObject({ kind: 'error', notConnected: true });
      await relay().setMode('pass');
      expect(await alone.query('SELECT 1')).toMatchObject(one);
    });

    test('NULL and an empty text are two things', async () => {
      const database = openAt([direct()]);
      expect(await database.query("SELECT NULL, ''")).toMatchObject({ kind: 'rows', rows: [[null, '']] });
    });
  });

  test('mysql: a query that takes longer than the time limit costs its connection', async () => {
    const mysql = cases['mysql'];
    if (mysql === undefined) throw new Error('no mysql');
    const database = mysql.open([mysql.direct()]);
    opened.push(database);
    const before = await database.query(mysql.id);
    expect(await database.query('SELECT SLEEP(30)')).toMatchObject({ kind: 'error' });
    const after = await database.query(mysql.id);
    expect(after.kind).toBe('rows');
    expect(after).not.toEqual(before);
  });
});
