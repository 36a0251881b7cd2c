import { passdbLists, titleOf } from '../chains.js';
import { fieldsNamed, fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// auth-chain.md section 2.2: NEXT at the end of the list is an internal failure.
export const noauthenticateLast = defineRule({
  code: 'DV331',
  name: 'noauthenticate-last',
  severity: 'error',
  title: 'noauthenticate in the last passdb: its users never get in',
  versions: BOTH,
  check({ config, report }) {
    if (fieldsNamed(config, 'noauthenticate').length === 0) return;
    const fields = passdbFields(config);
    for (const list of passdbLists(config)) {
      const last = list.filter((passdb) => !passdb.master).at(-1);
      if (last === undefined || last.deny) continue;
      const field = fieldsOf(last, fields).find(
        ({ name, suffix }) => name === 'noauthenticate' && suffix === '',
      );
      if (field === undefined || field.canBeNull || field.open) continue;
      report({
        message: `${titleOf(last)} is the last one and leaves the password to a later one`,
        place: field.namePlace,
        help: 'Move the block above the passdb that checks the password.',
        dovecot: {
          message: 'Last passdb had noauthenticate field, cannot authenticate user',
          stage: 'runtime',
        },
      });
    }
  },
});
