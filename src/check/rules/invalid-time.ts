import { BOTH, defineProblemRule } from '../rule.js';

export const invalidTime = defineProblemRule({
  code: 'DV207',
  name: 'invalid-time',
  severity: 'error',
  title: 'A time without a unit, or no time at all',
  versions: BOTH,
  kinds: ['invalid-time'],
  help: () => 'Write a number with a unit: 30 s, 5 min, 1 hour, 2 days. Only 0 needs none.',
});
