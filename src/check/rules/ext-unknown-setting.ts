import { defineProblemRule } from '../rule.js';

export const extUnknownSetting = defineProblemRule({
  code: 'DV803',
  name: 'ext-unknown-setting',
  severity: 'error',
  title: 'A key that this kind of database file does not know',
  versions: ['2.3'],
  kinds: ['ext-unknown-setting'],
});
