import { BOTH, defineProblemRule } from '../rule.js';

export const unclosedSection = defineProblemRule({
  code: 'DV104',
  name: 'unclosed-section',
  severity: 'error',
  title: 'A section without its closing brace',
  versions: BOTH,
  kinds: ['unclosed-section'],
  help: () => 'Add the missing } on a line of its own.',
});
