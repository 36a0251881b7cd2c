import { BOTH, defineProblemRule } from '../rule.js';

export const invalidList = defineProblemRule({
  code: 'DV210',
  name: 'invalid-list',
  severity: 'error',
  title: 'A list in a form that this version does not read',
  versions: BOTH,
  kinds: ['invalid-list'],
});
