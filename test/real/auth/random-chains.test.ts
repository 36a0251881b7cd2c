import { afterAll, describe, expect, test } from 'vitest';
import { dovecotMissing } from '../servers/dovecot-auth.js';
import { compareChains, stopping } from './chain-batch.js';
import { randomChain } from './random-chain.js';

/** More with DVPROXY_CHAINS; the first of them with DVPROXY_CHAIN_SEED. */
const CHAINS = Number(process.env['DVPROXY_CHAINS'] ?? 1000);
const FIRST = Number(process.env['DVPROXY_CHAIN_SEED'] ?? 1);
/** Chains that share one auth process. 2.4 looks through all protocols' settings for each request. */
const TOGETHER = { '2.3.19.1': 250, '2.4.1': 100 } as const;
const SHOWN = 3;

afterAll(async () => {
  await Promise.all(stopping);
});

describe.each(['2.3.19.1', '2.4.1'] as const)('random chains in Dovecot %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    test(`are not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }
  const together = TOGETHER[version];
  const batches = Array.from({ length: Math.ceil(CHAINS / together) }, (_, batch) => ({
    first: FIRST + batch * together,
    last: Math.min(FIRST + (batch + 1) * together, FIRST + CHAINS) - 1,
  }));
  test.each(batches)(
    'seeds $first to $last: the same bytes, the same log lines',
    async ({ first, last }) => {
      const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      const { compared, deadly } = await compareChains(version, seeds);
      const different = compared.filter(
        ({ real, ours, realLog, ourLog }) => real !== ours || realLog.join('\n') !== ourLog.join('\n'),
      );
      const shown = different
        .slice(0, SHOWN)
        .map((each) => ({ ...each, chain: randomChain(version, each.seed) }));
      expect(shown).toEqual([]);
      // What kills real Dovecot is rare: nearly all is asked.
      expect(compared.length).toBeGreaterThan(20 * seeds.length);
      expect(deadly).toBeLessThan(seeds.length);
    },
    120_000,
  );
});
