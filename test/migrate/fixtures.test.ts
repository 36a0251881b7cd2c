import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { migratedFixture, migrationFixtures } from './fixtures.js';
import { migrateFiles } from './migrated.js';

// UPDATE_MIGRATED=1 writes what becomes of each; read the diff.
describe('a 2.3 configuration as 2.4 writes it', () => {
  test.each(migrationFixtures())('$name', (fixture) => {
    const text = migratedFixture(fixture);
    if (process.env['UPDATE_MIGRATED'] === '1') writeFileSync(fixture.file, text, 'latin1');
    expect(text).toBe(readFileSync(fixture.file, 'latin1'));
  });

  test.each(migrationFixtures())(
    'each change of $name names where its old and its new text stand',
    ({ old }) => {
      const { changes, files } = migrateFiles({ '/etc/dovecot/dovecot.conf': old });
      const lines = files[0]?.text.split('\n') ?? [];
      for (const change of changes) {
        if (change.old !== null)
          expect(old.slice(change.old.span.start, change.old.span.end)).toBe(change.old.text);
        if (change.new === null) continue;
        const count = change.new.text.split('\n').length;
        const stands = lines
          .slice(change.new.line - 1, change.new.line - 1 + count)
          .map((line) => line.trim());
        expect(change.new.text.split('\n').map((line) => line.trim())).toEqual(stands);
      }
    },
  );
});
