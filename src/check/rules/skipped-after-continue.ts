import { passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// observed 2.3.19.1 and 2.4.1: the end of the list does not make a success of a "continue".
export const skippedAfterContinue = defineRule({
  code: 'DV307',
  name: 'skipped-after-continue',
  severity: 'error',
  title: 'result_success = continue where every later passdb is left out for an authenticated user',
  versions: BOTH,
  check({ config, report }) {
    for (const list of passdbLists(config)) {
      const users = list.filter((passdb) => !passdb.master);
      users.forEach((passdb, index) => {
        const { value, origin } = passdb.resultSuccess;
        if (value !== 'continue' || origin === null) return;
        const later = users.slice(index + 1);
        if (later.length === 0) return;
        if (!later.every((one) => one.skip.value === 'authenticated')) return;
        report({
          message: `A right password in ${titleOf(passdb)} fails: it is handed on, and every later passdb has skip = authenticated`,
          place: placeOfValue(origin),
          help: 'Write "result_success = continue-ok", or return-ok.',
        });
      });
    }
  },
});
