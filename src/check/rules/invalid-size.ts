import { BOTH, defineProblemRule } from '../rule.js';

export const invalidSize = defineProblemRule({
  code: 'DV208',
  name: 'invalid-size',
  severity: 'error',
  title: 'A value that is no size',
  versions: BOTH,
  kinds: ['invalid-size'],
  help: () => 'Write a number with B, k, M, G or T; without a unit it counts bytes.',
});
