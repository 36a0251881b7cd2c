import { BOTH, defineProblemRule } from '../rule.js';

export const includeLoop = defineProblemRule({
  code: 'DV108',
  name: 'include-loop',
  severity: 'error',
  title: 'A file that includes itself',
  versions: BOTH,
  kinds: ['include-loop'],
  help: () => 'Remove one of the includes of the circle.',
});
