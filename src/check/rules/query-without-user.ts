import { readExtFiles } from '../ext-files.js';
import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, type ValueText } from '../value-text.js';

export const queryWithoutUser = defineRule({
  code: 'DV811',
  name: 'query-without-user',
  severity: 'error',
  title: 'A password query that does not ask for the user',
  versions: BOTH,
  check({ config, report }) {
    const broken = readExtFiles(config)
      .flatMap((ext) => ext.problems)
      .filter(({ kind }) => kind === 'ext-syntax');
    // A lost backslash: the rest of the query is a finding of its own.
    const isBrokenOff = ({ source, start, text }: ValueText) =>
      broken.some(({ place }) => {
        const end = source.lineAt(start + text.trimEnd().length);
        return place?.source === source && source.lineAt(place.span.start) === end + 1;
      });
    for (const { select, value } of passwordQueries(config)) {
      if (isBrokenOff(value)) continue;
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
