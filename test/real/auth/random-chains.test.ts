import { describe, expect, test, vi } from 'vitest';
import { ChainRefused } from '../../../src/auth/chain.js';
import { dovecotMissing, startDovecotAuth } from '../servers/dovecot-auth.js';
import { questions, randomChain } from './random-chain.js';

/** More with DVPROXY_CHAINS; the first of them with DVPROXY_CHAIN_SEED. */
const CHAINS = Number(process.env['DVPROXY_CHAINS'] ?? 8);
const FIRST = Number(process.env['DVPROXY_CHAIN_SEED'] ?? 1);

const WAITING = { timeout: 10_000, interval: 100 };

describe.each(['2.3.19.1', '2.4.1'] as const)('random chains in Dovecot %s', (version) => {
  const missing = dovecotMissing(version);
  if (missing !== null) {
    test(`are not compared: ${missing}`, () => expect(process.env['CI']).toBeUndefined());
    return;
  }
  test.each(Array.from({ length: CHAINS }, (_, index) => FIRST + index))(
    'seed %i: the same bytes',
    async (seed) => {
      const chain = randomChain(version, seed);
      const auth = startDovecotAuth({ version, ...chain });
      try {
        const ours: string[] = [];
        for (const ask of questions()) {
          const { log: _, ...real } = await auth.real(ask);
          try {
            const { log, ...said } = await auth.ours(ask);
            ours.push(...log);
            expect({ ask, ...said, chain }).toEqual({ ask, ...real, chain });
          } catch (error) {
            if (!(error instanceof ChainRefused)) throw error;
            await vi.waitFor(
              () => expect(auth.log().join('\n')).toContain(`auth: Fatal: ${error.message}`),
              WAITING,
            );
            return;
          }
        }
        // The log is written by another process: it may come a little later.
        await vi.waitFor(
          () => expect({ log: auth.requestLog(), chain }).toEqual({ log: ours, chain }),
          WAITING,
        );
      } finally {
        await auth.stop();
      }
    },
  );
});
