import { titleOf } from '../chains.js';
import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// auth-chain.md trap 18 and observed 2.3.19.1, 2.4.1: the walk starts over as the new user, who gets login_user again.
export const loginUserLoop = defineRule({
  code: 'DV327',
  name: 'login-user-loop',
  severity: 'error',
  title: 'login_user with a continue rule: the walk starts over for ever',
  versions: BOTH,
  check({ config, series, report }) {
    const fields = passdbFields(config);
    for (const passdb of passdbsWith(config, 'login_user')) {
      const field = fieldsOf(passdb, fields).find(({ name }) => name === 'login_user');
      if (field === undefined || passdb.master || !passdb.resultSuccess.value.startsWith('continue'))
        continue;
      const isSame = passdb.driver === 'static' || field.setter !== 'column';
      report({
        message: isSame
          ? `A login never ends: after login_user the search starts over at the first passdb, and ${titleOf(passdb)} sets login_user again (${series === '2.3' ? 'the auth process hangs' : 'the auth process dies'})`
          : `After login_user the search starts over at the first passdb; a user who gets login_user again makes it endless`,
        place: field.namePlace,
        severity: isSame ? 'error' : 'warning',
        help: 'Let this passdb end the search: "result_success = return-ok".',
      });
    }
  },
});
