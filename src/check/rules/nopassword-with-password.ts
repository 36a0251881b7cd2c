import { titleOf } from '../chains.js';
import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// observed (auth-chain.md trap 12): 2.4 accepts any password; 2.3 only if nopassword comes first.
export const nopasswordWithPassword = defineRule({
  code: 'DV417',
  name: 'nopassword-with-password',
  severity: 'error',
  title: 'nopassword beside a password: the password may not be checked',
  versions: BOTH,
  check({ config, series, report }) {
    const fields = passdbFields(config);
    for (const passdb of passdbsWith(config, 'password', 'password_noscheme')) {
      const own = fieldsOf(passdb, fields);
      const nopassword = own.find((field) => field.name === 'nopassword' && !field.canBeNull);
      const password = own.find((field) => field.name === 'password' || field.name === 'password_noscheme');
      if (nopassword === undefined || password === undefined) continue;
      if (!password.open && password.literals.every(({ text }) => text === '')) continue;
      const isChecked = series === '2.3' && own.indexOf(password) < own.indexOf(nopassword);
      report({
        message: isChecked
          ? `${titleOf(passdb)} returns a password and nopassword: Dovecot ignores nopassword and complains at each login`
          : `${titleOf(passdb)} accepts any password: nopassword wins over the password beside it`,
        place: nopassword.namePlace,
        severity: isChecked ? 'warning' : 'error',
        related: [{ message: 'the password', place: password.namePlace }],
        help: 'Return one of the two: nopassword with a NULL password, or the password alone.',
        dovecot: isChecked ? { message: 'nopassword set but password is non-empty', stage: 'runtime' } : null,
      });
    }
  },
});
