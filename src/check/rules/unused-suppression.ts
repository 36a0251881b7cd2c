import { BOTH, defineRule } from '../rule.js';

/** Reported by the runner when it reads the suppressions. */
export const unusedSuppression = defineRule({
  code: 'DV902',
  name: 'unused-suppression',
  severity: 'warning',
  title: 'A dvproxy-ignore comment that suppresses nothing',
  versions: BOTH,
});
