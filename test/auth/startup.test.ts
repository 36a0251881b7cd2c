import { afterAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { ChainRefused, openChain } from '../../src/auth/chain.js';
import { createDatabases } from '../../src/databases/open.js';
import { type CaseFolder, caseFolder, requestOfCase, SYSTEM } from './case-chain.js';
import { chainCases, type StartupCase } from './chain-cases.js';

const vectors = chainCases();
const folders: CaseFolder[] = [];

afterAll(() => {
  for (const folder of folders) folder.remove();
  for (const id of notAsked) console.log(`not compared: ${id}, a driver that is not asked`);
});

const notAsked: string[] = [];

/** Drivers that are known but not asked: nothing can be said about their answers. */
const NOT_ASKED = /driver = (?:shadow|passwd|checkpassword|imap|lua|pam|oauth2)\n/;

async function startOf(
  recorded: StartupCase,
): Promise<{ refused: string | null; result: string | null; log: string[] }> {
  const folder = await caseFolder(vectors, recorded);
  folders.push(folder);
  const config = folder.load();
  const databases = createDatabases({ config });
  try {
    const chain = await openChain({
      settings: config.effective.auth({ protocol: 'doveadm' }),
      open: databases.openPassdb,
      system: SYSTEM,
      resolve: async () => ({ kind: 'failed', message: '' }),
      detailed: false,
    });
    const answer = await authenticate(requestOfCase({ user: 'bob', password: 'pw' }), chain);
    const log = answer.log.map(({ line }) => (line ?? '').replaceAll(folder.path, '@DIR@'));
    return { refused: null, result: answer.result, log };
  } catch (error) {
    if (error instanceof ChainRefused)
      return { refused: `auth: Fatal: ${error.message}`, result: null, log: [] };
    throw error;
  } finally {
    await databases.close();
  }
}

/** What the auth process says; warnings of reading the configuration stand before it. */
function wanted({ log, result }: StartupCase) {
  const lines = log.filter((line) => !/^(?:doveconf|config):/.test(line));
  const fatal = lines.find((line) => line.includes('Fatal: '));
  return fatal === undefined
    ? { refused: null, result: result ?? null, log: lines }
    : { refused: fatal, result: null, log: [] };
}

describe('the start of the auth process', () => {
  const all = [...vectors.startupFailures, ...vectors.startupChecks];
  const accepted = all.filter(
    ({ stderr = [] }) => !stderr.some((line) => line.startsWith('doveconf: Fatal: ')),
  );
  if (accepted.length < all.length)
    console.log(`not compared: ${all.length - accepted.length} configurations that doveconf refuses before`);
  test.each(accepted.map((each) => [each.id, each] as const))('%s', async (id, recorded) => {
    const expected = wanted(recorded);
    if (expected.refused === null && NOT_ASKED.test(recorded.config)) {
      notAsked.push(id);
      return;
    }
    expect(await startOf(recorded)).toEqual(expected);
  });
});
