import { passdbLists, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const lastPassdbContinues = defineRule({
  code: 'DV305',
  name: 'last-passdb-continues',
  severity: 'error',
  title: 'result_success = continue in the last passdb: no login ever succeeds',
  versions: BOTH,
  check({ config, series, report }) {
    for (const list of passdbLists(config)) {
      const users = list.filter((passdb) => !passdb.master);
      const last = users.at(-1);
      const origin = last?.resultSuccess.origin ?? null;
      if (last === undefined || last.resultSuccess.value !== 'continue' || origin === null) continue;
      const earlier = users.slice(0, -1).some((passdb) => passdb.resultSuccess.value === 'continue-ok');
      if (series === '2.3' && earlier) continue;
      report({
        message: `${titleOf(last)} is the last passdb and hands a right password on to nobody: the login fails`,
        place: placeOfValue(origin),
        help: 'Remove the line (the default is return-ok), or write "continue-ok".',
        dovecot:
          series === '2.4'
            ? { message: "auth: Fatal: Last passdb can't have result_success=continue", stage: 'auth-start' }
            : last.pass === true
              ? { message: "auth: Fatal: Last passdb can't have pass=yes", stage: 'auth-start' }
              : null,
      });
    }
  },
});
