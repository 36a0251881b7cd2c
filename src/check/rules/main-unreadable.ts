import { BOTH, defineProblemRule } from '../rule.js';

export const mainUnreadable = defineProblemRule({
  code: 'DV109',
  name: 'main-unreadable',
  severity: 'error',
  title: 'The main file cannot be read',
  versions: BOTH,
  kinds: ['main-unreadable'],
});
