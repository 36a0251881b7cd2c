import { BOTH, defineProblemRule } from '../rule.js';

export const failedCheck = defineProblemRule({
  code: 'DV218',
  name: 'failed-check',
  severity: 'error',
  title: 'Settings that are right one by one and wrong together',
  versions: BOTH,
  kinds: ['failed-check'],
});
