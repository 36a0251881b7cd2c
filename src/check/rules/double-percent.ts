import { defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

// variables.md T3.
export const doublePercent = defineRule({
  code: 'DV708',
  name: 'double-percent',
  severity: 'warning',
  title: '%% in 2.4 stays two percent signs',
  versions: ['2.4'],
  check({ config, report }) {
    for (const { value } of valuesWithVariables(config)) {
      for (const match of value.text.matchAll(/(?<!%)%%(?![%{])/g)) {
        report({
          message: '%% stays %% in 2.4; in 2.3 it was one percent sign',
          place: placeIn(value, { start: match.index, end: match.index + 2 }),
          help: 'Write a single %. Only a literal "%{" needs "%%{".',
        });
      }
    }
  },
});
