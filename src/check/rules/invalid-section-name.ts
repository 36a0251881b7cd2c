import { BOTH, defineProblemRule } from '../rule.js';

export const invalidSectionName = defineProblemRule({
  code: 'DV211',
  name: 'invalid-section-name',
  severity: 'error',
  title: 'A section name that Dovecot does not accept',
  versions: BOTH,
  kinds: ['invalid-section-name'],
});
