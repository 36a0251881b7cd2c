import { allPassdbs, titleOf } from '../chains.js';
import { isOpenBy } from '../fail-open.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// observed 2.3.19.1 and 2.4.1: a wrong password and an unknown user are accepted.
export const failureRuleAccepts = defineRule({
  code: 'DV303',
  name: 'failure-rule-accepts',
  severity: 'error',
  title: 'result_failure = return-ok or continue-ok accepts any password and any unknown user',
  versions: BOTH,
  check({ config, report }) {
    for (const passdb of allPassdbs(config)) {
      const { value, origin } = passdb.resultFailure;
      if (origin === null || passdb.deny || (value !== 'return-ok' && value !== 'continue-ok')) continue;
      if (!isOpenBy(config, passdb, 'failure-rule')) continue;
      report({
        message: `Anybody can log in: "result_failure = ${value}" turns a wrong password or an unknown user of ${titleOf(passdb)} into a success`,
        place: placeOfValue(origin),
        help: 'Write "continue" (the default) to ask the next passdb, or "return-fail" to refuse at once.',
      });
    }
  },
});
