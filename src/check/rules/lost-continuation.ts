import { BOTH, defineProblemRule } from '../rule.js';

export const lostContinuation = defineProblemRule({
  code: 'DV103',
  name: 'lost-continuation',
  severity: 'warning',
  title: 'A continued line that Dovecot throws away',
  versions: BOTH,
  kinds: ['lost-continuation'],
  help: () =>
    'Remove the backslash, or the blank or comment line below it: dovecot.conf loses the whole continued text there.',
});
