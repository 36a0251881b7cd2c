import { headOf, titleOf } from '../chains.js';
import { failOpenings } from '../fail-open.js';
import { fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const wrongPasswordAccepted = defineRule({
  code: 'DV323',
  name: 'wrong-password-accepted',
  severity: 'error',
  title: 'nopassword before other passdbs: their passwords are not checked any more',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const { passdb, by, steps } of failOpenings(config)) {
      // Rules for failures, and a single passdb that takes any password, are findings of their own.
      if (by !== 'nopassword' || !passdb.resultSuccess.value.startsWith('continue')) continue;
      const last = steps.at(-1)?.passdb ?? passdb;
      const nopassword = fieldsOf(passdb, fields).find(({ name }) => name === 'nopassword');
      report({
        message: `A wrong password is accepted: ${titleOf(passdb)} takes any, and ${titleOf(last)} behind it does not check it any more`,
        place: nopassword?.namePlace ?? headOf(passdb),
        related: [{ message: 'lets the user in without a look at the password', place: headOf(last) }],
        help: 'Remove nopassword; a passdb that only adds fields says "noauthenticate" instead.',
      });
    }
  },
});
