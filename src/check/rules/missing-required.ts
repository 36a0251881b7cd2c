import { BOTH, defineProblemRule } from '../rule.js';

export const missingRequired = defineProblemRule({
  code: 'DV213',
  name: 'missing-required',
  severity: 'error',
  title: 'A required setting is missing',
  versions: BOTH,
  kinds: ['missing-required'],
});
