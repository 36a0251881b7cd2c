import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSelect } from '../../src/check/sql/select.js';
import { possibleValues } from '../../src/check/sql/values.js';

function columns(query: string) {
  return (parseSelect(query, 'mysql')?.columns ?? []).map(({ name, expression }) => {
    const { literals, canBeNull, open } = possibleValues(expression);
    return { name, literals: literals.map(({ text }) => text), canBeNull, open };
  });
}

describe('the columns of a query', () => {
  test('have the name behind AS, the alias without AS, or the name of the column', () => {
    const names = columns(
      "SELECT a AS b, c d, t.e, `f`, NULL AS `g`, CONCAT(x, ',', y) AS h, COUNT(*) FROM t",
    ).map(({ name }) => name);
    expect(names).toEqual(['b', 'd', 'e', 'f', 'g', 'h', null]);
  });

  test('end where FROM, WHERE or the text ends', () => {
    expect(columns("SELECT 'x' AS password").map(({ name }) => name)).toEqual(['password']);
    expect(columns("select 'x' as password where 1").map(({ name }) => name)).toEqual(['password']);
  });

  test('do not come from a SELECT inside parentheses', () => {
    const query = "SELECT (SELECT h AS inner_host FROM hosts LIMIT 1) AS host, 'y' AS proxy FROM users";
    expect(columns(query).map(({ name }) => name)).toEqual(['host', 'proxy']);
  });
});

describe('the possible values of a column', () => {
  test('are all branches of a CASE; without ELSE also NULL', () => {
    const query =
      "SELECT CASE WHEN m = 'a' THEN 'yes' WHEN m = 'b' THEN 'any-cert' ELSE 'no' END AS ssl, CASE m WHEN 1 THEN 'yes' END AS starttls";
    expect(columns(query)).toEqual([
      { name: 'ssl', literals: ['yes', 'any-cert', 'no'], canBeNull: false, open: false },
      { name: 'starttls', literals: ['yes'], canBeNull: true, open: false },
    ]);
  });

  test('come out of nested CASE, IF, COALESCE, NULLIF and CAST', () => {
    const query = `SELECT CASE WHEN a THEN CASE WHEN b THEN 'x' ELSE 'y' END ELSE IF(c, 'z', NULL) END AS p,
      COALESCE(host, '') AS host, NULLIF(destuser, '') AS destuser, CAST('no' AS CHAR) AS q, (('n')) AS r`;
    expect(columns(query)).toEqual([
      { name: 'p', literals: ['x', 'y', 'z'], canBeNull: true, open: false },
      { name: 'host', literals: [''], canBeNull: false, open: true },
      { name: 'destuser', literals: [], canBeNull: true, open: true },
      { name: 'q', literals: ['no'], canBeNull: false, open: false },
      { name: 'r', literals: ['n'], canBeNull: false, open: false },
    ]);
  });

  test('of a later SELECT of a UNION belong to the same column', () => {
    const select = parseSelect("SELECT 'yes' AS ssl FROM a UNION ALL SELECT 'no' FROM b", 'mysql');
    expect(
      select?.unionRows.map((row) => row.map(possibleValues).map(({ literals }) => literals[0]?.text)),
    ).toEqual([['no']]);
  });

  test('are unknown where a variable stands in the string', () => {
    expect(columns("SELECT '%u' AS user")).toEqual([
      { name: 'user', literals: [], canBeNull: false, open: true },
    ]);
  });
});

test('a double-quoted word is a string for MySQL and a name for the others', () => {
  expect(parseSelect('SELECT "no" AS ssl', 'mysql')?.columns[0]?.expression[0]?.kind).toBe('string');
  expect(parseSelect('SELECT "no" AS ssl', 'pgsql')?.columns[0]?.expression[0]?.kind).toBe('name');
});

test('any text at all can be read, and every span lies inside of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      const query = `SELECT ${text}`;
      const select = parseSelect(query, 'mysql');
      for (const { nameSpan, expression } of select?.columns ?? []) {
        possibleValues(expression);
        expect(nameSpan.start).toBeGreaterThanOrEqual(0);
        expect(nameSpan.end).toBeLessThanOrEqual(query.length);
      }
    }),
    { numRuns: 500 },
  );
});
