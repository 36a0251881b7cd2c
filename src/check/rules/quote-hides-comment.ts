import { BOTH, defineRule } from '../rule.js';
import { settingsBeside, valuePlace } from '../statements.js';

// config-language.md section 1, step 3: a quote without partner ends the search for comments on its line.
export const quoteHidesComment = defineRule({
  code: 'DV110',
  name: 'quote-hides-comment',
  severity: 'warning',
  title: 'A comment that belongs to the value because of a quote before it',
  versions: BOTH,
  check({ config, report }) {
    for (const setting of settingsBeside(config, '"', "'")) {
      const { form, text } = setting.node.value;
      if (form !== 'text' || !text.includes('#') || !/["'][^#]*\s#\s/.test(text)) continue;
      report({
        message:
          'The comment is part of the value: the quote before it has no partner, and so # counts as text',
        place: valuePlace(setting),
        help: 'Put the comment on a line of its own, or quote the whole value.',
      });
    }
  },
});
