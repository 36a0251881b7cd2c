import { BOTH, defineProblemRule } from '../rule.js';

export const includeUnreadable = defineProblemRule({
  code: 'DV107',
  name: 'include-unreadable',
  severity: 'error',
  title: 'An included file that cannot be read',
  versions: BOTH,
  kinds: ['include-unreadable'],
});
