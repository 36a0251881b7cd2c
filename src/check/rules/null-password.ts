import type { PassdbBlock } from '../../config/effective.js';
import { allPassdbs, titleOf } from '../chains.js';
import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const nullPassword = defineRule({
  code: 'DV815',
  name: 'null-password',
  severity: 'error',
  title: 'NULL AS password without nopassword: every login fails',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    const all = allPassdbs(config);
    // Behind one that has checked the password none is needed any more.
    const isBehindAnother = (passdb: PassdbBlock) =>
      all.some(
        (one) => one.index < passdb.index && !one.master && one.resultSuccess.value.startsWith('continue'),
      );
    for (const passdb of passdbsWith(config, 'password')) {
      const own = fieldsOf(passdb, fields);
      const password = own.find((field) => field.name === 'password' && field.setter === 'column');
      if (password === undefined || !password.canBeNull || password.open || password.literals.length > 0)
        continue;
      if (own.some(({ name }) => name === 'nopassword' || name === 'noauthenticate')) continue;
      if (passdb.skip.value === 'unauthenticated' || isBehindAnother(passdb)) continue;
      report({
        message: `No password matches in ${titleOf(passdb)}: the query returns NULL as password, and no nopassword`,
        place: password.namePlace,
        help: "Add 'Y' AS nopassword if the backend checks the password.",
        dovecot: { message: 'No password returned (and no nopassword)', stage: 'runtime' },
      });
    }
  },
});
