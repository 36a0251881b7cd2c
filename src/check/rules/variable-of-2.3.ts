import { defineRule } from '../rule.js';
import { placeIn } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

// variables.md section 7. One letter, perhaps with modifiers, not followed by a letter or digit.
const OLD_VARIABLE = /%((?:[LUE]|[0-9]+(?:\.[0-9]+)?)*)([undslrabwmckhpi])(?![A-Za-z0-9])/g;

const NOW: Readonly<Record<string, string>> = {
  u: 'user',
  n: 'user | username',
  d: 'user | domain',
  s: 'protocol',
  l: 'local_ip',
  r: 'remote_ip',
  a: 'local_port',
  b: 'remote_port',
  w: 'password',
  m: 'mechanism',
  c: 'secured',
  k: 'cert',
  h: 'home',
  p: 'client_pid',
  i: 'uid',
};

export const variableOf23 = defineRule({
  code: 'DV705',
  name: 'variable-of-2.3',
  severity: 'error',
  title: '%u, %n, %d and their kind in a 2.4 configuration: 2.4 takes them for plain text',
  versions: ['2.4'],
  check({ config, report }) {
    for (const { name, value } of valuesWithVariables(config)) {
      // strftime's own letters.
      if (/timestamp|_date|time_format/.test(name)) continue;
      for (const match of value.text.matchAll(OLD_VARIABLE)) {
        const [text, modifiers = '', letter = ''] = match;
        const before = value.text[match.index - 1] ?? '';
        if (before === '%' || /\d%?$/.test(value.text.slice(0, match.index))) continue;
        const filter = modifiers.includes('L') ? ' | lower' : modifiers.includes('U') ? ' | upper' : '';
        report({
          message: `${text} is a variable of 2.3: 2.4 takes it as the text "${text}", the same for every user`,
          place: placeIn(value, { start: match.index, end: match.index + text.length }),
          help: `Write %{${NOW[letter] ?? 'user'}${filter}}.`,
        });
      }
    }
  },
});
