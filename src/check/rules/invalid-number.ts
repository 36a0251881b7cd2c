import { BOTH, defineProblemRule } from '../rule.js';

export const invalidNumber = defineProblemRule({
  code: 'DV206',
  name: 'invalid-number',
  severity: 'error',
  title: 'A value that is no number',
  versions: BOTH,
  kinds: ['invalid-number'],
});
