import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FixtureSet } from '../../../src/databases/fixture/fixture-set.js';
import { parsePgsqlConnectString } from '../../../src/databases/pgsql/conninfo.js';
import { PgsqlDatabase } from '../../../src/databases/pgsql/database.js';
import type { SqlAnswer, SqlDatabase } from '../../../src/databases/sql/database.js';
import { escapePgsql } from '../../../src/variables/escape.js';
import { type PostgresqlServer, postgresqlMissing, startPostgresql } from '../servers/postgresql.js';

const FOLDER = join(import.meta.dirname, '../../../fixtures/databases');
const DATA = join(FOLDER, 'mail-pgsql.sql');
const linesOf = (name: string): readonly string[] =>
  readFileSync(join(FOLDER, name), 'latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
const queries = linesOf('pgsql-queries.txt');
const differences = linesOf('pgsql-differences.txt');

const required = process.env['CI'] === 'true';
const missing = postgresqlMissing();
if (missing !== null) console.log(`skipped: ${missing}`);

/** What two answers must have in common: columns and rows, or that the server refuses the query. */
function comparable(answer: SqlAnswer): unknown {
  return answer.kind === 'rows' ? { columns: answer.columns, rows: answer.rows } : 'refused';
}

describe.skipIf(missing !== null && !required)('a PostgreSQL fixture', () => {
  let server: PostgresqlServer;
  let real: SqlDatabase;
  const fixture = new FixtureSet([DATA], Date.now).database('pgsql', 'mail');

  beforeAll(async () => {
    server = await startPostgresql();
    server.sql('CREATE DATABASE mail;');
    server.sql(readFileSync(DATA, 'utf8'), 'mail');
    server.sql('GRANT SELECT ON ALL TABLES IN SCHEMA public TO dovecot;', 'mail');
    const connect = `host=127.0.0.1 port=${server.port} dbname=mail user=dovecot password=secret`;
    real = new PgsqlDatabase('2.3', parsePgsqlConnectString(connect), escapePgsql, Date.now);
  });
  afterAll(async () => {
    await real?.close();
    await server?.remove();
  });

  test(`answers ${queries.length} queries as PostgreSQL does`, async () => {
    for (const query of queries) {
      const [ours, theirs] = [await fixture.query(query), await real.query(query)];
      expect.soft({ query, said: comparable(ours) }, JSON.stringify([ours, theirs])).toEqual({
        query,
        said: comparable(theirs),
      });
    }
  });

  test(`answers ${differences.length} queries otherwise, as the documentation says`, async () => {
    for (const query of differences) {
      const [ours, theirs] = [await fixture.query(query), await real.query(query)];
      expect.soft({ query, said: comparable(ours) }).not.toEqual({ query, said: comparable(theirs) });
    }
  });

  test('rows of a list come one by one', async () => {
    const read = async (database: SqlDatabase): Promise<unknown> => {
      const { columns, rows } = await database.stream('SELECT username AS user FROM mailbox ORDER BY id');
      const all = [];
      for await (const row of rows) all.push(row);
      return { columns, all };
    };
    expect(await read(fixture)).toEqual(await read(real));
  });
});
