import { BOTH, defineProblemRule } from '../rule.js';

export const unknownSetting = defineProblemRule({
  code: 'DV201',
  name: 'unknown-setting',
  severity: 'error',
  title: 'A setting that this version does not know',
  versions: BOTH,
  kinds: ['unknown-setting'],
});
