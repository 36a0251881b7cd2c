import { BOTH, defineProblemRule } from '../rule.js';

export const wrongPlace = defineProblemRule({
  code: 'DV203',
  name: 'wrong-place',
  severity: 'error',
  title: 'A setting or section in a place where it is not allowed',
  versions: BOTH,
  kinds: ['wrong-place'],
});
