import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { isWord } from '../sql/tokens.js';
import { placeIn } from '../value-text.js';

/**
 * Words that MySQL and MariaDB reserve and that occur as names of columns in queries for Dovecot.
 * Of the passdb's own fields that is ssl (observed with MariaDB 10.11: ERROR 1064).
 */
const RESERVED = new Set(['ssl', 'key', 'group', 'order', 'option', 'default', 'desc', 'keys']);

export const reservedWordAlias = defineRule({
  code: 'DV818',
  name: 'reserved-word-alias',
  severity: 'error',
  title: 'AS ssl without quotes in a MySQL query: ssl is a reserved word, the query fails',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value, dialect } of allQueries(config)) {
      if (select === null || dialect !== 'mysql') continue;
      select.tokens.forEach((token, index) => {
        if (token.kind !== 'word' || !RESERVED.has(token.text.toLowerCase())) return;
        if (!isWord(select.tokens[index - 1], 'as')) return;
        report({
          message: `${token.text} is a reserved word of MySQL and MariaDB: the whole query is refused`,
          place: placeIn(value, token.span),
          help: `Write AS \`${token.text}\`.`,
          fixes: [
            {
              title: 'Quote the name',
              safe: true,
              edits: [{ place: placeIn(value, token.span), text: `\`${token.text}\`` }],
            },
          ],
        });
      });
    }
  },
});
