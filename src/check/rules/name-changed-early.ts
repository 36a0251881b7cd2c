import type { PassdbBlock } from '../../config/effective.js';
import { passdbLists, titleOf } from '../chains.js';
import { fieldNames, fieldsOf, type PassdbField, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

const NAMES = /^(?:user|username|domain)$/;

// auth-chain.md trap 17: names are not rolled back, the next passdb looks up the changed one.
export const nameChangedEarly = defineRule({
  code: 'DV326',
  name: 'name-changed-early',
  severity: 'warning',
  title: 'A passdb that rewrites the name before one that is asked after a failure',
  versions: BOTH,
  check({ config, series, report }) {
    if (!fieldNames(config).some((name) => NAMES.test(name))) return;
    const fields = passdbFields(config);
    for (const list of passdbLists(config)) {
      const users = list.filter((passdb) => !passdb.master);
      users.forEach((passdb, index) => {
        const next = users[index + 1];
        if (next === undefined || passdb.deny || !passdb.resultFailure.value.startsWith('continue')) return;
        const field = fieldsOf(passdb, fields).find((one) => NAMES.test(one.name) && rewrites(one, passdb));
        if (field === undefined) return;
        const isOverride = series === '2.3' && field.setter === 'template';
        report({
          message: `After a wrong password ${titleOf(next)} looks up the name that ${titleOf(passdb)} has made: a changed name stays changed`,
          place: field.namePlace,
          severity: field.setter === 'column' ? 'info' : 'warning',
          help: isOverride
            ? 'In 2.3 override_fields apply to users that were not found as well. Rewrite the name in the last passdb, or with auth_username_format.'
            : 'Rewrite the name in the last passdb only, with "result_failure = return-fail" here, or with auth_username_format.',
        });
      });
    }
  },
});

/** A column may hold the very same name: it counts where another expression than a plain column makes it. */
function rewrites(field: PassdbField, passdb: PassdbBlock): boolean {
  if (field.setter !== 'column') return passdb.driver !== 'static' || field.setter === 'args';
  return field.literals.length > 0;
}
