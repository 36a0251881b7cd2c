import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomConfig23 } from '../config/dovecot-2.3/random-config.js';
import '../property-seed.js';
import { load23, load24, migrateFiles } from './migrated.js';

test('whatever 2.3 accepts becomes a file of 2.4 whose lines it can read', () => {
  fc.assert(
    fc.property(randomConfig23, (text) => {
      const files = { '/etc/dovecot/dovecot.conf': text };
      if (load23(files).refusal !== null) return;
      const now = load24(migrateFiles(files));
      expect(now.version).toBe('2.4.1');
      const kinds = now.problems.filter(({ severity }) => severity === 'error').map(({ kind }) => kind);
      expect(kinds).not.toContain('syntax');
      expect(kinds).not.toContain('version-line');
      expect(kinds).not.toContain('unclosed-section');
    }),
    { numRuns: 120 },
  );
});
