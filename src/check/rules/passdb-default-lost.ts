import { defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

// variables.md T6.
export const passdbDefaultLost = defineRule({
  code: 'DV707',
  name: 'passdb-default-lost',
  severity: 'warning',
  title: '%{passdb:field:default} in 2.4: the default belongs to the field name',
  versions: ['2.4'],
  check({ config, report }) {
    for (const { value } of valuesWithVariables(config)) {
      for (const match of value.text.matchAll(/%\{(passdb|userdb):([\w-]+):([^{}|]*)\}/g)) {
        report({
          message: `2.4 looks for a field called "${match[2]}:${match[3]}", finds none and puts nothing in its place`,
          place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
          help: `Write %{${match[1]}:${match[2]} | default('${match[3]}')}.`,
        });
      }
    }
  },
});
