import { fieldsOf, passdbFields } from '../passdb-fields.js';
import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

export const passwordColumnMissing = defineRule({
  code: 'DV814',
  name: 'password-column-missing',
  severity: 'error',
  title: 'A password query without a column called password',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const { block, select, value } of passwordQueries(config)) {
      if (select === null || select.star !== null || block.kind !== 'passdb') continue;
      // A column whose name the database chooses may be called anything.
      if (select.columns.some((column) => column.name === null) || select.columns.length === 0) continue;
      const columns = fieldsOf(block, fields).filter((field) => field.setter === 'column');
      if (columns.some(({ name }) => name === 'password' || name === 'password_noscheme')) continue;
      const first = select.columns[0];
      const last = select.columns.at(-1);
      report({
        message: 'The query returns no column called password: every look-up fails',
        place: placeIn(value, {
          start: first?.expression[0]?.span.start ?? 0,
          end: last?.nameSpan.end ?? 0,
        }),
        help: "Add the column, with AS password if it has another name. Without a password to check: NULL AS password, 'Y' AS nopassword.",
        dovecot: { message: "Password query must return a field named 'password'", stage: 'runtime' },
      });
    }
  },
});
