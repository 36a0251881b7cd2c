import { allPassdbs, headOf, titleOf } from '../chains.js';
import { defineRule } from '../rule.js';
import { valueInSection } from '../statements.js';

// auth-chain.md section 1.1. observed 2.3.19.1
export const mechanismsNone = defineRule({
  code: 'DV333',
  name: 'mechanisms-none',
  severity: 'warning',
  title: 'mechanisms = none alone: the passdb is never asked, not for look-ups either',
  versions: ['2.3'],
  check({ config, report }) {
    for (const passdb of allPassdbs(config)) {
      if (passdb.mechanisms.length !== 1 || passdb.mechanisms[0] !== 'NONE') continue;
      report({
        message: `${titleOf(passdb)} is never asked: with nothing but none the list of mechanisms is empty`,
        place: valueInSection(config, passdb.at, 'mechanisms') ?? headOf(passdb),
        help: 'Name a mechanism beside none, or leave mechanisms out.',
      });
    }
  },
});
