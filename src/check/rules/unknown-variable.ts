import { BOTH, defineProblemRule } from '../rule.js';

export const unknownVariable = defineProblemRule({
  code: 'DV215',
  name: 'unknown-variable',
  severity: 'error',
  title: 'A reference to a setting or variable that does not exist',
  versions: BOTH,
  kinds: ['unknown-variable'],
});
