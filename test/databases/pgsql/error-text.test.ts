import { expect, test } from 'vitest';
import { connectFailureText, connectionPlace, errorText } from '../../../src/databases/pgsql/error-text.js';

const ERROR = {
  severity: 'ERROR',
  message: 'column "x" does not exist',
  detail: '',
  hint: '',
  position: 0,
  internalPosition: 0,
  internalQuery: '',
  where: '',
};

test('an error shows the line of the query with a mark below the place', () => {
  expect(errorText({ ...ERROR, position: 8 }, 'SELECT x FROM t')).toBe(
    'ERROR:  column "x" does not exist\nLINE 1: SELECT x FROM t\n               ^',
  );
});

test('lines are counted, tabs shown as blanks, characters counted and not bytes', () => {
  const query = "SELECT '\xc3\xa9',\n\tx FROM t";
  expect(errorText({ ...ERROR, position: 14 }, query)).toBe(
    'ERROR:  column "x" does not exist\nLINE 2:  x FROM t\n         ^',
  );
});

test('a long line is cut around the place', () => {
  const query = `SELECT ${'a'.repeat(80)}, x, ${'b'.repeat(80)}`;
  expect(errorText({ ...ERROR, position: 90 }, query)).toBe(
    `ERROR:  column "x" does not exist\nLINE 1: ...${'a'.repeat(48)}, x, ${'b'.repeat(7)}...\n${' '.repeat(61)}^`,
  );
});

test('detail, hint and context follow on lines of their own', () => {
  expect(errorText({ ...ERROR, detail: 'd', hint: 'h', where: 'w' }, '')).toBe(
    'ERROR:  column "x" does not exist\nDETAIL:  d\nHINT:  h\nCONTEXT:  w',
  );
});

test('a refused connection names the server and asks as libpq does', () => {
  expect(connectionPlace('db', '192.0.2.1', '5432')).toBe(
    'connection to server at "db" (192.0.2.1), port 5432',
  );
  expect(connectionPlace('', '192.0.2.1', '5432')).toBe('connection to server at "192.0.2.1", port 5432');
  expect(connectionPlace('/run/pg', '', '5432')).toBe(
    'connection to server on socket "/run/pg/.s.PGSQL.5432"',
  );
  expect(connectFailureText('ECONNREFUSED', false)).toBe(
    'Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
  );
  expect(connectFailureText('ENOENT', true)).toBe(
    'No such file or directory\n\tIs the server running locally and accepting connections on that socket?',
  );
});
