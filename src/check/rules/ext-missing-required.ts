import { defineProblemRule } from '../rule.js';

export const extMissingRequired = defineProblemRule({
  code: 'DV805',
  name: 'ext-missing-required',
  severity: 'error',
  title: 'A database file without a key that it needs',
  versions: ['2.3'],
  kinds: ['ext-missing-required'],
});
