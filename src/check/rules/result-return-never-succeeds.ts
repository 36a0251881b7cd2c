import { passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// auth-request.c of both versions: `return` leaves the success flag as it is, and nobody has set it here.
export const resultReturnNeverSucceeds = defineRule({
  code: 'DV302',
  name: 'result-return-never-succeeds',
  severity: 'error',
  title: 'result_success = return where no earlier passdb has succeeded: a right password fails',
  versions: BOTH,
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      let succeeded = false;
      for (const passdb of list) {
        const { value, origin } = passdb.resultSuccess;
        if (value === 'return' && origin !== null && !succeeded) {
          report({
            message: `A right password fails in ${titleOf(passdb)}: "return" ends the search without counting it as a success`,
            place: placeOfValue(origin),
            help: 'Write "result_success = return-ok", which is the default.',
          });
        }
        const { resultFailure, resultInternalfail } = passdb;
        if ([value, resultFailure.value, resultInternalfail.value].includes('continue-ok')) succeeded = true;
      }
    }
  },
});
