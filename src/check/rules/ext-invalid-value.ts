import { defineProblemRule } from '../rule.js';

export const extInvalidValue = defineProblemRule({
  code: 'DV804',
  name: 'ext-invalid-value',
  severity: 'error',
  title: 'A value of a database file that Dovecot does not accept',
  versions: ['2.3'],
  kinds: ['ext-invalid-value'],
  help: () => 'Booleans of these files are yes and no; numbers are written in digits.',
});
