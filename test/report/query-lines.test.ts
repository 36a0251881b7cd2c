import { expect, test } from 'vitest';
import { queryLines } from '../../src/report/query-lines.js';

const SELECT =
  "SELECT password, host, 'a, b' AS note, IF(x = 1, 'yes', NULL) AS proxy FROM users WHERE u = 'o''brien' AND active";

test('a query that fits stays as it is', () => {
  expect(queryLines('SELECT 1', 40)).toEqual(['SELECT 1']);
});

test('a long query is broken at its columns and clauses, never inside of quotes or calls', () => {
  expect(queryLines(SELECT, 45)).toEqual([
    "SELECT password, host, 'a, b' AS note,",
    "IF(x = 1, 'yes', NULL) AS proxy FROM users",
    "WHERE u = 'o''brien' AND active",
  ]);
});

test('no line is longer than the width, whatever the query is', () => {
  for (const query of [
    SELECT,
    'x'.repeat(1000),
    `SELECT '${'a b'.repeat(500)}', "`,
    `((((${'a '.repeat(300)}`,
  ])
    for (const width of [40, 67, 100])
      expect(Math.max(...queryLines(query, width).map((line) => line.length))).toBeLessThanOrEqual(width);
});
