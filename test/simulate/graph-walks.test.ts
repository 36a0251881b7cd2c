import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChainRefused, loadConfig, simulate } from '../../src/cli/library.js';
import { chainGraph } from '../../src/simulate/chain-graph.js';
import { folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;

beforeAll(() => {
  folder = folderWith({
    ok: 'u:pw\n',
    mismatch: 'u:other\n',
    unknown: 'nobody:pw\n',
    internal: 'u:pw::::::host=%{nosuchvar}\n',
  });
});

afterAll(() => folder.remove());

const RULES = ['return-ok', 'return', 'return-fail', 'continue', 'continue-ok', 'continue-fail'] as const;
const passdb = fc.record({
  file: fc.constantFrom('ok', 'mismatch', 'unknown', 'internal'),
  success: fc.constantFrom(...RULES),
  failure: fc.constantFrom(...RULES),
  internalfail: fc.constantFrom(...RULES),
  skip: fc.constantFrom('never', 'never', 'authenticated', 'unauthenticated'),
  deny: fc.constantFrom(false, false, false, true),
});

test('every walk that is taken is a way of the picture', async () => {
  let walks = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(passdb, { minLength: 1, maxLength: 4 }), async (passdbs) => {
      const path = join(folder.path, 'chain.conf');
      writeFileSync(
        path,
        passdbs
          .map(
            ({ file, success, failure, internalfail, skip, deny }) =>
              `passdb {\n  driver = passwd-file\n  args = scheme=PLAIN ${folder.path}/${file}\n  result_success = ${success}\n  result_failure = ${failure}\n  result_internalfail = ${internalfail}\n  skip = ${skip}\n  deny = ${deny ? 'yes' : 'no'}\n}\n`,
          )
          .join(''),
      );
      const loaded = loadConfig(path);
      const answer = await simulate(loaded, 'u', { question: { password: 'pw' } }).catch((error) => {
        if (error instanceof ChainRefused) return null;
        throw error;
      });
      if (answer === null) return;
      walks += 1;
      const { edges } = chainGraph(loaded.config.effective.auth({ protocol: 'imap' }));
      const name = (place: (typeof edges)[number]['from'] | (typeof edges)[number]['to']) =>
        typeof place === 'string' ? place : String(place.index);
      const ways = new Set(edges.map(({ from, to }) => `${name(from)} -> ${name(to)}`));
      const asked = answer.steps
        .filter(({ action }) => action === 'lookup')
        .map(({ index }) => String(index));
      const end = { ok: 'accepted', fail: 'refused', tempfail: 'tempfail' }[answer.result];
      const taken = ['login', ...asked, end];
      const missing = taken
        .slice(1)
        .map((to, at) => `${taken[at]} -> ${to}`)
        .filter((way) => !ways.has(way));
      expect({ missing, ways: [...ways] }).toMatchObject({ missing: [] });
    }),
    { numRuns: 250 },
  );
  expect(walks).toBeGreaterThan(100);
});
