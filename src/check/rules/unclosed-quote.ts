import { BOTH, defineRule } from '../rule.js';
import { settingsBeside, valuePlace } from '../statements.js';

export const unclosedQuote = defineRule({
  code: 'DV111',
  name: 'unclosed-quote',
  severity: 'warning',
  title: 'A value that begins with a quote and does not end with it: the quotes belong to the value',
  versions: BOTH,
  check({ config, series, report }) {
    for (const setting of settingsBeside(config, '"', "'")) {
      const { form, text } = setting.node.value;
      if (form !== 'text' || !/^["']/.test(text) || text.length < 2) continue;
      // A 2.4 list reads quotes itself: `a "b c"`, `"a b" c`.
      if (series === '2.4' && /^"[^"]*"[\s,]/.test(text)) continue;
      report({
        message: 'The quotes are part of the value: it does not begin and end with the same one',
        place: valuePlace(setting),
        help: 'Quote the whole value or nothing.',
      });
    }
  },
});
