import { describe, expect, test } from 'vitest';
import { corpusSets, hasCorpus } from '../conformance/corpus.js';
import { namespaceDifferences, unexplainedDifferences } from './effective-comparison.js';
import { load24, migrateCorpusSet } from './migrated.js';

const sets = corpusSets('2.3.19.1').filter(({ exit }) => exit?.['2.3.19.1'] === 0);
if (!hasCorpus) console.warn('effective values of the migrated corpus skipped: the corpus is not here');

describe.skipIf(!hasCorpus)('effective values before and after a migration', () => {
  test.each(sets)('of $slug differ only where a change says so', (set) => {
    const { config, migration } = migrateCorpusSet(set);
    const now = load24(migration);
    expect(now.refusal?.dovecot?.message).toBeUndefined();
    expect(unexplainedDifferences(config.effective, now.effective, migration)).toEqual([]);
    expect(namespaceDifferences(config, now)).toEqual([]);
  });
});
