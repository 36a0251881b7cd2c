import { BOTH, continuationHelp, defineProblemRule } from '../rule.js';

export const syntaxError = defineProblemRule({
  code: 'DV101',
  name: 'syntax-error',
  severity: 'error',
  title: 'A line that Dovecot cannot read',
  versions: BOTH,
  kinds: ['syntax'],
  help: continuationHelp,
});
