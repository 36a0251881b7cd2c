import { titleOf } from '../chains.js';
import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const masterWithoutPass = defineRule({
  code: 'DV411',
  name: 'master-without-pass',
  severity: 'warning',
  title: 'master without pass: the user’s own password is sent for the master user',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const passdb of passdbsWith(config, 'master')) {
      const own = fieldsOf(passdb, fields);
      const master = own.find((field) => field.name === 'master');
      if (master === undefined || own.some((field) => field.name === 'pass')) continue;
      if (fields.some((field) => field.name === 'pass')) continue;
      report({
        message: `${titleOf(passdb)} returns master without pass: the backend gets the client's password for the master user`,
        place: master.namePlace,
        help: 'Return the master user\'s password as "pass".',
      });
    }
  },
});
