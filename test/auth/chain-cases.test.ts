import { afterAll, describe, expect, test } from 'vitest';
import { authenticate } from '../../src/auth/authenticate.js';
import { type Chain, openChain } from '../../src/auth/chain.js';
import { createDatabases } from '../../src/databases/open.js';
import { doveadmReport } from '../../src/report/simulation-doveadm.js';
import { type CaseFolder, caseFolder, requestOfCase, SYSTEM } from './case-chain.js';
import { type CaseChain, type ChainCase, chainCases } from './chain-cases.js';

const vectors = chainCases();

/** What is recorded of the userdb side or of doveadm itself is not the chain's. */
function excludedBecause({ request, result }: ChainCase): string | null {
  if (request.op === 'user') return 'a userdb look-up';
  if (result === 'exit-64') return 'an option that doveadm 2.3 does not have';
  return null;
}

const excluded = new Map<string, number>();
const folders: CaseFolder[] = [];
const closing: (() => Promise<void>)[] = [];

async function openCase(chain: CaseChain): Promise<{ chain: Chain; folder: CaseFolder }> {
  const folder = await caseFolder(vectors, chain);
  folders.push(folder);
  const config = folder.load();
  const databases = createDatabases({ config });
  const opened = await openChain({
    settings: config.effective.auth({ protocol: 'doveadm' }),
    open: databases.openPassdb,
    system: SYSTEM,
    resolve: async () => ({ kind: 'failed', message: 'no name is looked up here' }),
    detailed: true,
  });
  closing.push(async () => {
    await opened.close();
    await databases.close();
  });
  return { chain: opened, folder };
}

/** Numbers that differ from run to run stand as N in the recordings. */
function comparable(line: string, folder: string): string {
  return line
    .replaceAll(folder, '@DIR@')
    .replace(/^auth-worker\(\d+\)/, 'auth-worker(N)')
    .replace(/\(pid=\d+,uid=\d+\): auth-worker<\d+>/, '(pid=N,uid=N): auth-worker<N>')
    .replace(/^(auth-worker\(.*?\))<\d+>: request \[\d+\]/, '$1<N>: request [N]');
}

afterAll(async () => {
  for (const close of closing) await close();
  for (const folder of folders) folder.remove();
  for (const [reason, count] of excluded) console.log(`not compared: ${count} cases, ${reason}`);
});

describe.each(['2.3.19.1', '2.4.1'] as const)('the auth process of %s', (version) => {
  const groups = [...new Set(vectors.chains.map((chain) => chain.group))];
  test.each(groups)('answers as recorded: %s', async (group) => {
    for (const recorded of vectors.chains) {
      if (recorded.group !== group || recorded.version !== version) continue;
      const cases = recorded.cases.filter((each) => {
        const reason = excludedBecause(each);
        if (reason !== null) excluded.set(reason, (excluded.get(reason) ?? 0) + 1);
        return reason === null;
      });
      if (cases.length === 0) continue;
      const { chain, folder } = await openCase(recorded);
      for (const each of cases) expect(await outcome(chain, folder, each)).toEqual(expected(each));
    }
  });
});

async function outcome(chain: Chain, folder: CaseFolder, { id, request, debug }: ChainCase) {
  const asked = requestOfCase(request);
  const answer = await authenticate(asked, chain);
  const report = doveadmReport({
    version: chain.settings.version,
    question: { user: request.user },
    request: asked,
    answer,
  });
  const lines = answer.log.map(({ level, line }) => ({ level, line: comparable(line ?? '', folder.path) }));
  const debugLines = lines.filter(({ level }) => level === 'debug').map(({ line }) => line);
  return {
    id,
    result: answer.result === 'fail' && asked.mode === 'lookup' ? 'nouser' : answer.result,
    stdout: report.stdout,
    // `doveadm auth login` goes on to the userdb.
    ...(request.op === 'login' ? {} : { exit: report.exitCode, stderr: report.stderr }),
    tried: answer.steps.filter((step) => step.action === 'lookup').map((step) => step.passdb.name),
    log: lines.filter(({ level }) => level !== 'debug').map(({ line }) => line),
    missingDebug: (debug ?? []).filter(
      (line) => !debugLines.includes(line) && !line.startsWith('auth-worker'),
    ),
  };
}

function expected(each: ChainCase) {
  const { id, request, exit, stdout, stderr = '', tried, log = [] } = each;
  const login = request.op === 'login';
  const passdbPart = stdout.split(/^userdb /m)[0] ?? '';
  return {
    id,
    // A proxied user has no userdb look-up: doveadm's second question fails.
    result: login ? (passdbPart.includes('auth succeeded') ? 'ok' : each.result) : each.result,
    stdout: passdbPart,
    ...(login ? {} : { exit, stderr }),
    tried: tried.filter((name) => name !== 'static' && !/^u\d/.test(name)),
    log: log.filter((line) => !/Master request|Weak password schemes are allowed/.test(line)),
    missingDebug: [],
  };
}
