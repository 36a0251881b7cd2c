import { continuationHelp, defineProblemRule } from '../rule.js';

export const extSyntax = defineProblemRule({
  code: 'DV802',
  name: 'ext-syntax',
  severity: 'error',
  title: 'A line of a database file that Dovecot cannot read',
  versions: ['2.3'],
  kinds: ['ext-syntax'],
  help: continuationHelp,
});
