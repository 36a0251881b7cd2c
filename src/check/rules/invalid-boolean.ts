import { BOTH, defineProblemRule } from '../rule.js';
import { writtenAs } from '../value-text.js';

const YES = /^(?:true|on|enabled?)$/i;
const NO = /^(?:false|off|disabled?|none|n|0)$/i;

export const invalidBoolean = defineProblemRule({
  code: 'DV204',
  name: 'invalid-boolean',
  severity: 'error',
  title: 'A value that is neither yes nor no',
  versions: BOTH,
  kinds: ['invalid-boolean'],
  fixes: ({ place }) => {
    const text = place === null ? '' : writtenAs(place);
    const word = YES.test(text) ? 'yes' : NO.test(text) ? 'no' : null;
    if (place === null || word === null) return [];
    return [{ title: `Write ${word}`, safe: true, edits: [{ place, text: word }] }];
  },
  help: () => 'Dovecot reads yes, y and 1 as true and only no as false.',
});
