import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

/** Variables whose value is a number, so that no quotes are needed. */
const NUMERIC =
  /^%(?:a|b|\{(?:lport|rport|real_lport|real_rport|local_port|remote_port|pid|uid|gid)[^}]*\})$/;

export const variableUnquoted = defineRule({
  code: 'DV812',
  name: 'variable-unquoted',
  severity: 'error',
  title: 'A variable outside of quotes in an SQL query',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value } of allQueries(config)) {
      for (const token of select?.tokens ?? []) {
        if (token.kind !== 'variable' || NUMERIC.test(token.text)) continue;
        report({
          message: `${token.text} stands outside of quotes: the query is no valid SQL for most names, and a name can change it`,
          place: placeIn(value, token.span),
          help: `Write '${token.text}': Dovecot escapes the value for a quoted string and adds no quotes itself.`,
          fixes: [
            {
              title: 'Put the variable into quotes',
              safe: false,
              edits: [{ place: placeIn(value, token.span), text: `'${token.text}'` }],
            },
          ],
        });
      }
    }
  },
});
