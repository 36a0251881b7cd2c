import { afterAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { askOf, chainsOf, serviceOf, stopping } from '../auth/chain-batch.js';
import { type ChainQuestion, chainQuestions } from '../auth/chain-questions.js';
import { randomChain } from '../auth/random-chain.js';
import { type DovecotAuth, dovecotMissing } from '../servers/dovecot-auth.js';
import { dvproxyPrints, printedBy } from '../servers/dvproxy.js';

/** Questions per version; more with DVPROXY_COMMANDS, others with DVPROXY_CHAIN_SEED. */
const QUESTIONS = Number(process.env['DVPROXY_COMMANDS'] ?? 24);
const FIRST = Number(process.env['DVPROXY_CHAIN_SEED'] ?? 5001);
/** Programs that run at a time. */
const TOGETHER = 3;
/** Chains that share one auth process. */
const CHAINS = 36;

interface Asked {
  readonly seed: number;
  readonly question: ChainQuestion;
}

afterAll(async () => {
  await Promise.all(stopping);
});

/** One question to each chain, another kind for each; those that kill real Dovecot are left out. */
async function questionsTo(auth: DovecotAuth, seeds: readonly number[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const seed of seeds) {
    const all = chainQuestions(seed).filter(({ mechanism }) => mechanism === 'PLAIN');
    const question = all[(seed * 7) % all.length];
    if (question === undefined) continue;
    const { survives } = await auth.ours(askOf(seed, question, ''));
    if (survives) asked.push({ seed, question });
  }
  return asked;
}

function realArguments({ seed, question }: Asked): string[] {
  const { user, password, authorizationId, remoteIp } = question;
  const about = remoteIp === '' ? [] : [`rip=${remoteIp}`, 'lip=192.0.2.1', 'lport=143'];
  const extra = [`service=${serviceOf(seed)}`, ...about].flatMap((each) => ['-x', each]);
  if (password === null) return ['auth', 'lookup', ...extra, user];
  const master = authorizationId === '' ? [] : ['-M', user];
  return ['auth', 'test', ...extra, ...master, authorizationId || user, password];
}

function ourArguments(auth: DovecotAuth, version: DovecotVersion, { seed, question }: Asked): string[] {
  const { user, password, authorizationId, remoteIp } = question;
  const { directory, realDirectory } = auth;
  return [
    'simulate',
    authorizationId || user,
    ...['--format', 'doveadm', '--dovecot', version, '--service', serviceOf(seed)],
    ...['-c', `${realDirectory}/dovecot.conf`, '--map', `${directory}=${realDirectory}`],
    ...(password === null ? ['--lookup'] : ['--password', password]),
    ...(authorizationId === '' ? [] : ['--master', user]),
    ...(remoteIp === '' ? [] : ['--remote-ip', remoteIp, '--local-ip', '192.0.2.1', '--local-port', '143']),
  ];
}

describe.each(['2.3.19.1', '2.4.1'] as const)('`simulate --format doveadm` beside doveadm %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    test(`is not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }
  const batches = Array.from({ length: Math.ceil(QUESTIONS / CHAINS) }, (_, batch) => ({
    first: FIRST + batch * CHAINS,
    last: Math.min(FIRST + (batch + 1) * CHAINS, FIRST + QUESTIONS) - 1,
  }));
  test.each(batches)(
    'chains $first to $last: the same bytes and exit code',
    async ({ first, last }) => {
      const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const auth = chainsOf(version, seeds);
      try {
        const asked = await questionsTo(auth, seeds);
        auth.begin();
        const compared: object[] = [];
        let next = 0;
        const compareOn = async () => {
          for (let each = asked[next]; each !== undefined; each = asked[next]) {
            next += 1;
            const real = await printedBy(auth.commandOf('doveadm', realArguments(each)));
            const ours = await dvproxyPrints(ourArguments(auth, version, each));
            if (JSON.stringify(real) !== JSON.stringify(ours))
              compared.push({ ...each, real, ours, chain: randomChain(version, each.seed) });
          }
        };
        await Promise.all(Array.from({ length: TOGETHER }, compareOn));
        expect(compared).toEqual([]);
        expect(asked.length).toBeGreaterThan(seeds.length / 2);
      } finally {
        stopping.push(auth.stop());
      }
    },
    300_000,
  );
});
