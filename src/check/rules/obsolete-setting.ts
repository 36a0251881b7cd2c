import { BOTH, defineProblemRule } from '../rule.js';

export const obsoleteSetting = defineProblemRule({
  code: 'DV216',
  name: 'obsolete-setting',
  severity: 'warning',
  title: 'A setting that Dovecot rewrites with a warning',
  versions: BOTH,
  kinds: ['obsolete-setting'],
});
