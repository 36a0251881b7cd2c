import { BOTH, defineProblemRule } from '../rule.js';

export const invalidBoolean = defineProblemRule({
  code: 'DV204',
  name: 'invalid-boolean',
  severity: 'error',
  title: 'A value that is neither yes nor no',
  versions: BOTH,
  kinds: ['invalid-boolean'],
  help: () => 'Dovecot reads yes, y and 1 as true and only no as false.',
});
