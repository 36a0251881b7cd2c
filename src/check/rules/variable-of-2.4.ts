import { defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

export const variableOf24 = defineRule({
  code: 'DV704',
  name: 'variable-of-2.4',
  severity: 'error',
  title: '%{user | domain} in a 2.3 configuration: the look-up fails',
  versions: ['2.3'],
  check({ config, report }) {
    for (const { value, isSqlQuery } of valuesWithVariables(config)) {
      for (const match of value.text.matchAll(/%\{([^{}|]*\|[^{}]*)\}/g)) {
        const inner = match[1] ?? '';
        report({
          message: `${match[0]} is written in the language of 2.4: ${isSqlQuery ? 'the auth worker of 2.3 crashes on it' : '2.3 has no variable of that name'}`,
          place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
          help: `Write ${inTermsOf23(inner)}.`,
          dovecot: { message: `Unknown variable '%${inner}'`, stage: 'runtime' },
        });
      }
    }
  },
});

const LONG: Readonly<Record<string, string>> = {
  username: '%n',
  domain: '%d',
  lower: '%Lu',
  upper: '%Uu',
  'username lower': '%Ln',
  'domain lower': '%Ld',
  'username upper': '%Un',
  'domain upper': '%Ud',
};

/** variables.md section 7, read backwards, for what occurs in practice. */
function inTermsOf23(inner: string): string {
  const [variable = '', ...filters] = inner.split('|').map((part) => part.trim());
  const known = variable === 'user' ? LONG[filters.join(' ')] : undefined;
  return known ?? '%u, %n (part before the @), %d (domain), or %Lu, %Ln, %Ld in lower case';
}
