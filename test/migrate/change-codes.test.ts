import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHANGE_CODES } from '../../src/migrate/change-codes.js';

test('docs/migration.md names every code of a change with its title', () => {
  const page = readFileSync('docs/migration.md', 'utf8');
  const rows = [...page.matchAll(/^\| (DV7\d\d) \| (.*) \|$/gm)].map(([, code, title]) => [code, title]);
  expect(Object.fromEntries(rows)).toEqual(CHANGE_CODES);
});
