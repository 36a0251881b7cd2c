import { writtenFor } from '../asked-settings.js';
import { BOTH, defineRule } from '../rule.js';

export const passwordNotReturned = defineRule({
  code: 'DV832',
  name: 'password-not-returned',
  severity: 'error',
  title: 'The database returns no column called password (with --connect or --fixture)',
  versions: BOTH,
  check({ config, databases, report }) {
    for (const one of databases) {
      const { answer, label, setting } = one;
      if (answer.kind !== 'accepted' || answer.columns === null || answer.columns.length === 0) continue;
      if (setting !== 'password_query' && setting !== 'passdb_sql_query') continue;
      if (answer.columns.some((name) => name === 'password' || name === 'password_noscheme')) continue;
      report({
        message: `${label} returns ${answer.columns.join(', ')} and no password: every look-up fails`,
        place: writtenFor(config, one),
        help: 'Rename the column with AS password.',
        dovecot: { message: "Password query must return a field named 'password'", stage: 'runtime' },
      });
    }
  },
});
