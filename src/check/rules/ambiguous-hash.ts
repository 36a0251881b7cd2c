import { BOTH, defineProblemRule } from '../rule.js';

export const ambiguousHash = defineProblemRule({
  code: 'DV102',
  name: 'ambiguous-hash',
  severity: 'warning',
  title: 'A # without a space before it starts a comment',
  versions: BOTH,
  kinds: ['ambiguous-hash'],
  help: () => 'Put a space before # if a comment is meant, or quote the whole value if # belongs to it.',
});
