import { describe, expect, test } from 'vitest';
import { authenticate } from '../../../src/auth/authenticate.js';
import { doveadmReport } from '../../../src/report/simulation-doveadm.js';
import { caseFolder, requestOfCase } from '../../auth/case-chain.js';
import { chainCases } from '../../auth/chain-cases.js';
import { answerOf, type ChainAnswer, KNOWN_DIFFERENCES, recordedAnswer } from './chain-answers.js';
import { migratedChain } from './migrated-chain.js';

const vectors = chainCases();
/** Those that depend on how they are translated; test/real asks real 2.4.1 about all. */
const GROUPS = [
  'default-override',
  'fields-suffix',
  'mechanisms',
  'nopassword',
  'noauthenticate',
  'proxy',
  'sql',
  'static',
  'username',
];
const chains = vectors.chains.filter(
  ({ version, group }) => version === '2.3.19.1' && GROUPS.includes(group),
);

describe('chains of 2.3 in the language of 2.4', () => {
  test.each(GROUPS)('answer as recorded of 2.3: %s', async (group) => {
    for (const recorded of chains.filter((each) => each.group === group)) {
      const cases = recorded.cases.filter(
        ({ request, result }) => request.op !== 'user' && result !== 'exit-64',
      );
      const folder = await caseFolder(vectors, recorded);
      const migrated = migratedChain(folder);
      const codes = new Set<string>(migrated.migration.changes.map(({ code }) => code));
      const { chain, close } = await migrated.open();
      try {
        for (const each of cases) {
          const request = requestOfCase(each.request);
          const answer = await authenticate(request, chain);
          const question = { user: each.request.user };
          const { stdout, stderr } = doveadmReport({ version: '2.4.1', question, request, answer });
          const now: ChainAnswer = answerOf(stdout, stderr, each.request.op === 'login');
          const id = each.id.split('@')[0] ?? '';
          const told = KNOWN_DIFFERENCES.get(id);
          if (told === undefined) expect({ id, ...now }).toEqual({ id, ...recordedAnswer(each) });
          else {
            expect(now, id).not.toEqual(recordedAnswer(each));
            expect([...codes], id).toContain(told);
          }
        }
      } finally {
        await close();
        folder.remove();
        migrated.remove();
      }
    }
  });
});
