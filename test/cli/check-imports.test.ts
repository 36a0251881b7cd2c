import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** Files that are loaded with a file: what it imports by name, and what those import. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, types, name = ''] of text.matchAll(/^(?:import|export) (type )?[^;]*?from '([^']+)';/gm)) {
    if (types !== undefined) continue;
    if (!name.startsWith('.')) seen.add(name);
    else if (name.endsWith('.js')) loadedWith(join(dirname(file), name.replace(/\.js$/, '.ts')), seen);
  }
  return seen;
}

test('check loads no database before --connect or --fixture asks for one', () => {
  const loaded = [...loadedWith('src/cli/check-run.ts')];
  expect(loaded).toContain('src/check/registry.ts');
  expect(loaded.filter((name) => name.startsWith('src/databases/'))).toEqual([]);
  expect(loaded.filter((name) => /^(?:mysql2|pg|better-sqlite3|ldapts)/.test(name))).toEqual([]);
  expect([...loadedWith('src/cli/check-connect.ts')]).toContain('src/databases/probe.ts');
});
