import { describe, expect, test } from 'vitest';
import { CORPUS, corpusAnswer, corpusSets, hasCorpus, recordedAnswer, VERSIONS } from './corpus.js';

if (!hasCorpus) console.warn(`corpus tests skipped: ${CORPUS} is not there`);

describe.skipIf(!hasCorpus).each(VERSIONS)(
  'configurations that other people wrote, as doveconf %s -n answers',
  (version) => {
    test.each(corpusSets(version))('$slug', (set) => {
      expect(corpusAnswer(set, version)).toEqual(recordedAnswer(set, version));
    });
  },
);
