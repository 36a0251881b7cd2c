import { BOTH, defineProblemRule } from '../rule.js';
import { writtenAs } from '../value-text.js';

export const invalidTime = defineProblemRule({
  code: 'DV207',
  name: 'invalid-time',
  severity: 'error',
  title: 'A time without a unit, or no time at all',
  versions: BOTH,
  kinds: ['invalid-time'],
  // The unit that Dovecot itself names in its message; times without one were seconds in Dovecot 1.x.
  fixes: ({ place, dovecot }) => {
    const text = place === null ? '' : writtenAs(place);
    if (place === null || !/^\d{1,9}$/.test(text) || !dovecot?.message.includes("'s' for seconds")) return [];
    return [{ title: 'Add the unit (seconds)', safe: true, edits: [{ place, text: `${text} s` }] }];
  },
  help: () => 'Write a number with a unit: 30 s, 5 min, 1 hour, 2 days. Only 0 needs none.',
});
