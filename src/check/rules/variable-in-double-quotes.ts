import type { Place } from '../../../grammar/source.js';
import { allQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';

function writtenIn({ source, span }: Place): string {
  return source.text.slice(span.start, span.end);
}

export const variableInDoubleQuotes = defineRule({
  code: 'DV813',
  name: 'variable-in-double-quotes',
  severity: 'error',
  title: 'A variable in double quotes, which PostgreSQL and SQLite take for a column name',
  versions: BOTH,
  check({ config, report }) {
    for (const { select, value, dialect } of allQueries(config)) {
      if (dialect === 'mysql') continue;
      for (const token of select?.tokens ?? []) {
        if (token.kind !== 'name' || token.quote !== '"' || !/%(?:\{|[A-Z]?[a-z])/.test(token.text)) continue;
        const place = placeIn(value, token.span);
        const isPlain = writtenIn(place) === `"${token.text}"` && !/['\\]/.test(token.text);
        report({
          message: `"${token.text}" in double quotes is the name of a column for ${dialect}, and only single quotes are escaped in it`,
          place,
          help: `Write '${token.text}' in single quotes.`,
          // As the name of a column it never works, so nothing can depend on it.
          fixes: isPlain
            ? [{ title: 'Write single quotes', safe: true, edits: [{ place, text: `'${token.text}'` }] }]
            : [],
        });
      }
    }
  },
});
