import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

export const queryNotSelect = defineRule({
  code: 'DV816',
  name: 'query-not-select',
  severity: 'warning',
  title: 'A password query that is no SELECT',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value } of passwordQueries(config)) {
      const text = value.text.trim();
      if (select !== null || text === '' || /^(?:call|exec|execute|with|values)\b/i.test(text)) continue;
      const lead = value.text.length - value.text.trimStart().length;
      report({
        message: 'This query does not begin with SELECT',
        place: placeIn(value, { start: lead, end: lead + text.length }),
        help: 'A password query has to return one row with at least the column password.',
      });
    }
  },
});
