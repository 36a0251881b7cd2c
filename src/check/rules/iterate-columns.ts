import { allUserdbs } from '../chains.js';
import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

// Dovecot 2.3.19.1 and 2.4.1 userdb-sql.c: userdb_sql_iterate_get_user
export const iterateColumns = defineRule({
  code: 'DV829',
  name: 'iterate-columns',
  severity: 'warning',
  title: 'An iterate query whose columns do not name the users',
  versions: BOTH,
  check({ config, report }) {
    if (!allUserdbs(config).some(({ driver }) => driver === 'sql')) return;
    for (const { kind, select, value } of allQueries(config)) {
      if (kind !== 'iterate' || select === null || select.star !== null || select.columns.length === 0)
        continue;
      const names = select.columns.map(({ name }) => name?.toLowerCase() ?? null);
      if (names.includes(null) || names.includes('username') || names[0] === 'user') continue;
      const [first] = select.columns;
      const last = select.columns.at(-1);
      report({
        message: names.includes('user')
          ? 'The column user counts only where it is the first one: nobody can be listed'
          : 'Neither a first column user nor a column username: nobody can be listed',
        place: placeIn(value, { start: first?.expression[0]?.span.start ?? 0, end: last?.nameSpan.end ?? 0 }),
        help: 'Return one column AS user, or two AS username and AS domain.',
        dovecot: { message: "sql: Iterate query didn't return 'user' field", stage: 'runtime' },
      });
    }
  },
});
