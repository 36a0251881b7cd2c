import { headOf, passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const continueBeforeUnknown = defineRule({
  code: 'DV306',
  name: 'continue-before-unknown',
  severity: 'warning',
  title: 'result_success = continue before a passdb that may not know the user',
  versions: BOTH,
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      const users = list.filter((passdb) => !passdb.master);
      users.forEach((passdb, index) => {
        const next = users[index + 1];
        const { value, origin } = passdb.resultSuccess;
        if (next === undefined || value !== 'continue' || origin === null) return;
        // static knows everybody; a passdb that is left out once the user is authenticated is another rule's.
        if (next.driver === 'static' || next.skip.value === 'authenticated') return;
        report({
          message: `A right password in ${titleOf(passdb)} still fails when ${titleOf(next)} does not know the user`,
          place: placeOfValue(origin),
          related: [{ message: 'asked next', place: headOf(next) }],
          help: 'Write "result_success = continue-ok" if this passdb alone may let the user in.',
        });
      });
    }
  },
});
