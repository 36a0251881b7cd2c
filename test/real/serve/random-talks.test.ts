import { LOGIN_PROTOCOLS } from '../../../src/proxy/login-protocols.js';
import { compareLive } from './live/comparison.js';
import { LOGIN_SETUP } from './live/live-config.js';
import { randomTalk } from './live/random-talk.js';

/** More for each protocol with DVPROXY_TALKS; the first of them with DVPROXY_TALK_SEED. */
const TALKS = Number(process.env['DVPROXY_TALKS'] ?? 60);
const FIRST = Number(process.env['DVPROXY_TALK_SEED'] ?? 1);
/** Conversations of a protocol that share one pair of proxies. */
const TOGETHER = 250;

for (const version of ['2.3.19.1', '2.4.1'] as const)
  for (let first = FIRST; first < FIRST + TALKS; first += TOGETHER) {
    const count = Math.min(TOGETHER, FIRST + TALKS - first);
    const groups = LOGIN_PROTOCOLS.map((protocol) => {
      const talks = Array.from({ length: count }, (_, index) => {
        const seed = first + index;
        return [`seed ${seed}`, randomTalk(protocol, seed)] as const;
      });
      return [`random ${protocol}`, Object.fromEntries(talks)] as const;
    });
    compareLive(version, LOGIN_SETUP, Object.fromEntries(groups));
  }
