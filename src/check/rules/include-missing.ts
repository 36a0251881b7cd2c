import { BOTH, defineProblemRule } from '../rule.js';

export const includeMissing = defineProblemRule({
  code: 'DV106',
  name: 'include-missing',
  severity: 'error',
  title: 'An include that matches no file',
  versions: BOTH,
  kinds: ['include-missing'],
  help: () =>
    'Correct the path (relative paths start at the directory of this file), or write !include_try if the file may be absent. For a copy of another machine use --map FROM=TO.',
});
