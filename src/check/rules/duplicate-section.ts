import { BOTH, defineProblemRule } from '../rule.js';

export const duplicateSection = defineProblemRule({
  code: 'DV212',
  name: 'duplicate-section',
  severity: 'error',
  title: 'Two sections with the same name',
  versions: BOTH,
  kinds: ['duplicate-section'],
  help: () => 'Give one of them another name; 2.3 does not merge them.',
});
