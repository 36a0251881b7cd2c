import { inspectTemplate } from '../../variables/inspect.js';
import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule, listOf } from '../rule.js';
import { placeIn } from '../value-text.js';

/** What many users have in common: the domain, and the connection's addresses. 2.3 and 2.4 names. */
const OF_EVERYBODY = new Set(
  's d r l a b m c service protocol domain rip lip rport lport remote_ip local_ip remote_port local_port mech mechanism secured local_name pid hostname env'.split(
    ' ',
  ),
);

export const queryWithoutUser = defineRule({
  code: 'DV811',
  name: 'query-without-user',
  severity: 'error',
  title: 'A password query that does not ask for the user',
  versions: BOTH,
  check({ config, series, report }) {
    for (const { select, value, brokenOff } of passwordQueries(config)) {
      if (brokenOff) continue;
      if (select === null || select.tokens.length === 0) continue;
      const template = inspectTemplate(series, value.text);
      // Language of the other version: a finding of its own.
      if (template.problems.length > 0) continue;
      const variables = template.variables.map(({ name }) => name);
      // Without FROM it is a function, which gets the user as an argument; fields of the client stand for a user, too.
      if (
        variables.some((name) => !OF_EVERYBODY.has(name)) ||
        (select.from === null && value.text.includes('%'))
      )
        continue;
      const first = select.where?.[0] ?? select.from?.[0] ?? select.tokens[0];
      const last = select.where?.[0] ?? select.from?.at(-1) ?? select.tokens.at(-1);
      report({
        message:
          variables.length === 0
            ? 'The query names no variable: it returns the same rows for every user'
            : `The query does not ask for the user: ${listOf(
                variables.map((name) => `%{${name}}`),
                'and',
              )} ${variables.length === 1 ? 'is' : 'are'} the same for many`,
        place: placeIn(value, { start: first?.span.start ?? 0, end: last?.span.end ?? 0 }),
        help: "Add a condition on the user, such as WHERE username = '%u' (2.4: '%{user}').",
        dovecot: { message: 'Password query returned multiple matches', stage: 'runtime' },
      });
    }
  },
});
