import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule, listOf } from '../rule.js';
import { placeIn } from '../value-text.js';

// observed 2.3.19.1: `doveadm user` shows userdb_home beside an empty home
export const prefixInUserQuery = defineRule({
  code: 'DV833',
  name: 'prefix-in-user-query',
  severity: 'warning',
  title: 'Columns of a user query with the prefix userdb_, which only password queries want',
  versions: BOTH,
  check({ config, report }) {
    for (const { kind, select, value } of allQueries(config)) {
      if (kind !== 'user' || select === null) continue;
      const prefixed = select.columns.filter(({ name }) => name?.startsWith('userdb_') === true);
      const [first] = prefixed;
      if (first === undefined) continue;
      const names = prefixed.map(({ name }) => name ?? '');
      report({
        message: `${listOf(names, 'and')} ${names.length === 1 ? 'is' : 'are'} not what a userdb looks for: the prefix belongs to password queries`,
        place: placeIn(value, first.nameSpan),
        help: `Write "AS ${names[0]?.slice('userdb_'.length) ?? ''}".`,
      });
    }
  },
});
