import { defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

// variables.md T5.
export const bareDomainVariable = defineRule({
  code: 'DV710',
  name: 'bare-domain-variable',
  severity: 'error',
  title: '%{domain} and %{username} are filters in 2.4, not variables',
  versions: ['2.4'],
  check({ config, report }) {
    for (const { value } of valuesWithVariables(config)) {
      for (const match of value.text.matchAll(/%\{\s*(domain|username)\s*(?:\|[^{}]*)?\}/g)) {
        report({
          message: `%{${match[1]}} is a filter without a value in 2.4: every look-up fails`,
          place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
          help: `Write ${match[0].replace(/\{\s*/, '{user | ')}.`,
          dovecot: { message: `${match[1]}: No value to get ${match[1]} from`, stage: 'runtime' },
        });
      }
    }
  },
});
