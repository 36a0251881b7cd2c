import { BOTH, defineProblemRule } from '../rule.js';

export const invalidEnum = defineProblemRule({
  code: 'DV205',
  name: 'invalid-enum',
  severity: 'error',
  title: 'A value outside the list of allowed ones',
  versions: BOTH,
  kinds: ['invalid-enum'],
});
