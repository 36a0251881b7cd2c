import { describe, expect, test } from 'vitest';
import { CORPUS, hasCorpus, VERSIONS } from '../conformance/corpus.js';
import { InstalledDoveconf } from '../conformance/doveconf.js';
import { compareQuestions, QUESTION_KINDS, questionText } from '../conformance/question-kinds.js';

const RUNS = Number(process.env['DVPROXY_QUESTION_RUNS'] ?? 100);
const SEED = Number(process.env['DVPROXY_CONFIG_SEED'] ?? 2_128_485_884);

if (!hasCorpus) console.warn(`changed corpus files skipped: ${CORPUS} is not there`);

for (const version of VERSIONS) {
  const missing = InstalledDoveconf.missing(version);
  if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);
  if (missing !== null) console.warn(`questions to doveconf ${version} skipped: ${missing}`);
  const kinds = [...QUESTION_KINDS].filter(([name]) => hasCorpus || !name.startsWith('other people'));
  describe.skipIf(missing !== null)(
    `doveconf ${version} and dvproxy config say the same, seed ${SEED}`,
    () => {
      test.each(kinds)(
        '%s',
        async (_, questions) => {
          for await (const { question, ours, theirs } of compareQuestions(
            version,
            questions(version, RUNS, SEED),
          ))
            expect(ours, questionText(question)).toEqual(theirs);
        },
        Math.max(300_000, RUNS * 2_000),
      );
    },
  );
}
