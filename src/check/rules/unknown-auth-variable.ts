import { BOTH, defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

// variables.md T1.
export const unknownAuthVariable = defineRule({
  code: 'DV715',
  name: 'unknown-auth-variable',
  severity: 'error',
  title: 'A variable that the auth process does not have: every look-up fails temporarily',
  versions: BOTH,
  check({ config, series, report }) {
    for (const { value, isOfAuth, isSqlQuery, variables, problems } of valuesWithVariables(config)) {
      if (!isOfAuth) continue;
      for (const { span, known, written, prefix, suggestion } of variables) {
        // Language of the other version, filters without a value: findings of their own.
        // `%{ldap:uid}`, `%{sql:column}`: what a row holds is not known here.
        if (
          known ||
          prefix !== null ||
          problems.some((problem) => problem.span.start <= span.start && span.start < problem.span.end)
        )
          continue;
        const crash = series === '2.3' && isSqlQuery ? ', and the auth worker crashes' : '';
        report({
          message: `The auth process has no variable ${written}: every look-up fails temporarily${crash}`,
          place: placeIn(value, span),
          help: suggestion === null ? '' : `Did you mean ${suggestion}?`,
          // A worker that dies of a signal says nothing. observed 2.3.19.1
          dovecot:
            crash !== ''
              ? null
              : {
                  message:
                    series === '2.3' ? `Unknown variable '%${written}'` : `Unknown variable '${written}'`,
                  stage: 'runtime',
                },
        });
      }
    }
  },
});
