import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readYaml } from '../../src/databases/fixture/data-file.js';

test('the YAML of docs/fixtures.md is read as it says', () => {
  const [, text = ''] = /```yaml\n(.*?)```/s.exec(readFileSync('docs/fixtures.md', 'utf8')) ?? [];
  const { tables, entries, users } = readYaml('docs/fixtures.md', text);
  expect(tables.map(({ name, rows }) => [name, rows.length])).toEqual([['users', 2]]);
  expect(entries).toHaveLength(1);
  expect(users.get('pam')?.get('bob')?.result).toBe('user_disabled');
  expect(users.get('*')?.get('dan')?.userdb).toHaveLength(3);
});
