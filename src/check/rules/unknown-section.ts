import { BOTH, defineProblemRule } from '../rule.js';

export const unknownSection = defineProblemRule({
  code: 'DV202',
  name: 'unknown-section',
  severity: 'error',
  title: 'A section that this version does not know',
  versions: BOTH,
  kinds: ['unknown-section'],
});
