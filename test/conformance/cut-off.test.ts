import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/runner.js';
import { loadConfig } from '../../src/config/load.js';
import { CORPUS, corpusHost, corpusMaps, corpusSets, hasCorpus, VERSIONS } from './corpus.js';

/** How many of all places to cut at are tried; DVPROXY_CUTS=all: each. */
const WANTED = process.env['DVPROXY_CUTS'] ?? '350';

interface Cut {
  readonly slug: string;
  readonly main: string;
  readonly file: string;
  readonly text: string;
}

/** Each file of the corpus cut off behind each of its lines, and in the middle of the next one. */
function* allCuts(): Generator<Cut> {
  for (const { slug, main, files } of corpusSets(VERSIONS[0])) {
    for (const file of new Set([main, ...files])) {
      const path = `${CORPUS}/${slug}/${file}`;
      const lines = readFileSync(path, 'latin1').split('\n');
      for (let count = 0; count < lines.length; count++) {
        const next = lines[count] ?? '';
        const text = [...lines.slice(0, count), next.slice(0, next.length >> 1)].join('\n');
        yield { slug, main, file: path, text };
      }
    }
  }
}

if (!hasCorpus) console.warn(`cut-off corpus files skipped: ${CORPUS} is not there`);

describe.skipIf(!hasCorpus)('a file that somebody wrote, cut off anywhere,', () => {
  const cuts = hasCorpus ? [...allCuts()] : [];
  const step = WANTED === 'all' ? 1 : Math.max(1, Math.floor(cuts.length / Number(WANTED)));
  const chosen = cuts.filter((_, index) => index % step === 0);

  test.each(VERSIONS)(
    `ends as %s with diagnostics, each in its file (${chosen.length} of ${cuts.length} places)`,
    (version) => {
      const host = corpusHost(version);
      for (const { slug, main, file, text } of chosen) {
        const config = loadConfig({
          path: `/etc/dovecot/${main}`,
          host: {
            ...host,
            readFile: (name) => (name === file ? Buffer.from(text, 'latin1') : host.readFile(name)),
          },
          version,
          maps: corpusMaps(slug),
        });
        for (const { message, place } of check(config)) {
          expect(message).not.toBe('');
          expect(place?.span.end ?? 0, message).toBeLessThanOrEqual(place?.source.text.length ?? 0);
        }
      }
    },
    600_000,
  );
});
