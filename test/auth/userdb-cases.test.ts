import { afterAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { openChain } from '../../src/auth/chain.js';
import { lookUpUser, openUserdbs } from '../../src/auth/look-up-user.js';
import { createDatabases } from '../../src/databases/open.js';
import { userdbOpener } from '../../src/databases/open-userdb.js';
import { seriesOf } from '../../src/knowledge/versions.js';
import { doveadmReport } from '../../src/report/simulation-doveadm.js';
import { loginUserdbReport, userReport } from '../../src/report/userdb-doveadm.js';
import { type CaseFolder, caseFolder, requestOfCase, SYSTEM } from './case-chain.js';
import { type CaseChain, type ChainCase, chainCases } from './chain-cases.js';

const vectors = chainCases();
const closing: (() => Promise<void> | void)[] = [];

async function open(recorded: CaseChain) {
  const folder: CaseFolder = await caseFolder(vectors, recorded);
  const config = folder.load();
  const databases = createDatabases({ config });
  const settings = config.effective.auth({ protocol: 'doveadm' });
  const chain = await openChain({
    settings,
    open: databases.openPassdb,
    system: SYSTEM,
    resolve: async () => ({ kind: 'failed', message: 'no name is looked up here' }),
  });
  const systemId = () => null;
  const userdbs = await openUserdbs(chain, userdbOpener({ config, databases, systemId }), systemId);
  closing.push(async () => {
    await userdbs.close();
    await chain.close();
    await databases.close();
    folder.remove();
  });
  return { chain, userdbs };
}

afterAll(async () => {
  for (const close of closing) await close();
});

/** Look-ups of users, and logins that are not proxied. */
function isAboutUserdb({ request, stdout }: ChainCase): boolean {
  return request.op === 'user' || (request.op === 'login' && /^userdb/m.test(stdout));
}

describe.each(['2.3.19.1', '2.4.1'] as const)('the userdbs of %s', (version) => {
  const chains = vectors.chains.filter(
    (chain) => chain.version === version && chain.cases.some(isAboutUserdb),
  );
  const groups = [...new Set(chains.map((chain) => chain.group))];

  test.each(groups)('answer as recorded: %s', async (group) => {
    const series = seriesOf(version);
    for (const recorded of chains.filter((chain) => chain.group === group)) {
      const { chain, userdbs } = await open(recorded);
      for (const each of recorded.cases.filter(isAboutUserdb)) {
        const request = requestOfCase(each.request);
        const { user } = each.request;
        if (each.request.op === 'user') {
          const bare = { ...request, mechanism: '', password: null, mode: 'lookup', login: false } as const;
          const answer = await lookUpUser({ request: bare, login: null }, userdbs);
          const { stdout, stderr, exitCode } = userReport(answer, series, user);
          const log = answer.log.filter(({ level }) => level !== 'debug').map(({ line }) => line);
          expect({ id: each.id, stdout, stderr, exit: exitCode, log }).toEqual({
            id: each.id,
            stdout: each.stdout,
            stderr: each.stderr ?? '',
            exit: each.exit,
            log: each.log ?? [],
          });
          const looked = answer.steps.filter((step) => step.action === 'lookup');
          expect(looked.map((step) => step.userdb.name)).toEqual(each.tried);
          continue;
        }
        const login = await authenticate(request, chain);
        const passdb = doveadmReport({ version, question: { user }, request, answer: login });
        const answer = await lookUpUser({ request, login }, userdbs);
        const userdb = loginUserdbReport(answer, series, user);
        expect({ id: each.id, stdout: passdb.stdout + userdb.stdout, exit: userdb.exitCode }).toEqual({
          id: each.id,
          stdout: each.stdout,
          exit: each.exit,
        });
      }
    }
  });
});
