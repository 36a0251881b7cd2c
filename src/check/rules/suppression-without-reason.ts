import { BOTH, defineRule } from '../rule.js';

/** Reported by the runner when it reads the suppressions. */
export const suppressionWithoutReason = defineRule({
  code: 'DV901',
  name: 'suppression-without-reason',
  severity: 'warning',
  title: 'A dvproxy-ignore comment without a reason',
  versions: BOTH,
});
