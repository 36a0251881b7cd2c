import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

export const queryWithoutUser = defineRule({
  code: 'DV811',
  name: 'query-without-user',
  severity: 'error',
  title: 'A password query that does not ask for the user',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value } of passwordQueries(config)) {
      // Any `%` at all may be a variable; a function without FROM gets the user as an argument.
      if (select === null || select.tokens.length === 0 || value.text.includes('%')) continue;
      const first = select.tokens[0];
      const last = select.tokens.at(-1);
      report({
        message: 'The query names no variable: it returns the same rows for every user',
        place: placeIn(value, {
          start: first?.span.start ?? 0,
          end: (select.where?.[0] ?? last)?.span.end ?? 0,
        }),
        help: "Add a condition on the user, such as WHERE username = '%u' (2.4: '%{user}').",
        dovecot: { message: 'Password query returned multiple matches', stage: 'runtime' },
      });
    }
  },
});
