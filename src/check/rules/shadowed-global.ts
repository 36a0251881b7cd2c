import { BOTH, defineProblemRule } from '../rule.js';

export const shadowedGlobal = defineProblemRule({
  code: 'DV217',
  name: 'shadowed-global',
  severity: 'warning',
  title: 'A global setting below a filter that has already set it',
  versions: BOTH,
  kinds: ['shadowed-global'],
  help: () =>
    'Move the global setting above the filter if the filter is meant to differ; that ends the warning.',
});
