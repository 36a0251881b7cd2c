import { defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

export const sourceIpQuestionMark = defineRule({
  code: 'DV606',
  name: 'source-ip-question-mark',
  severity: 'warning',
  title: 'login_source_ips with "?", which 2.4 does not know any more',
  versions: ['2.4'],
  check({ config, report }) {
    const origin = config.effective.setting('login_source_ips')?.origin ?? null;
    if (origin === null) return;
    const value = valueText(origin);
    const match = /\?[^\s,"]+/.exec(value.text);
    if (match === null) return;
    report({
      message: `${match[0]}: 2.4 does not leave out addresses that this machine does not have`,
      place: placeIn(value, { start: match.index, end: match.index + match[0].length }),
      help: 'List the addresses of this machine only.',
    });
  },
});
