import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

export const querySelectsAll = defineRule({
  code: 'DV810',
  name: 'query-selects-all',
  severity: 'warning',
  title: 'SELECT * in a password query: every column becomes a field',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value } of passwordQueries(config)) {
      if (select?.star == null) continue;
      report({
        message: 'SELECT * makes a passdb field of every column, of those too that are added later',
        place: placeIn(value, select.star.span),
        help: 'Name the columns, with AS for the field names that Dovecot knows.',
      });
    }
  },
});
