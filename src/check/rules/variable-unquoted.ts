import type { Span } from '../../../grammar/source.js';
import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, type ValueText } from '../value-text.js';

/** Variables whose value is a number, so that no quotes are needed. */
const NUMERIC =
  /^%(?:a|b|\{(?:lport|rport|real_lport|real_rport|local_port|remote_port|pid|uid|gid)[^}]*\})$/;

/** Behind `=` and alone up to the next blank or bracket: it can only be a text, and quotes make it one. */
function isComparedText({ source, start, text }: ValueText, span: Span): boolean {
  return (
    !/^\s*'/.test(source.text.slice(start)) &&
    /[\w`\])]\s*=\s*$/.test(text.slice(0, span.start)) &&
    /^(?:\s|[);]|$)/.test(text.slice(span.end))
  );
}

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
              safe: isComparedText(value, token.span),
              edits: [{ place: placeIn(value, token.span), text: `'${token.text}'` }],
            },
          ],
        });
      }
    }
  },
});
