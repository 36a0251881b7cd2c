import { allPassdbs, titleOf } from '../chains.js';
import { isOpenBy } from '../fail-open.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const internalFailureAccepts = defineRule({
  code: 'DV304',
  name: 'internal-failure-accepts',
  severity: 'error',
  title: 'result_internalfail = return-ok or continue-ok accepts everybody while a database is down',
  versions: BOTH,
  check({ config, report }) {
    for (const passdb of allPassdbs(config)) {
      const { value, origin } = passdb.resultInternalfail;
      if (origin === null || passdb.deny || (value !== 'return-ok' && value !== 'continue-ok')) continue;
      if (!isOpenBy(config, passdb, 'internal-rule')) continue;
      report({
        message: `Everybody can log in while ${titleOf(passdb)} does not answer: "result_internalfail = ${value}" counts that as a success`,
        place: placeOfValue(origin),
        help: 'Write "continue" (the default) or "return-fail": then such a login fails for the time being.',
      });
    }
  },
});
