import { defineProblemRule } from '../rule.js';

export const extUnreadable = defineProblemRule({
  code: 'DV801',
  name: 'ext-unreadable',
  severity: 'error',
  title: 'A database file (*.conf.ext) that cannot be read',
  versions: ['2.3'],
  kinds: ['ext-unreadable'],
  help: () => 'Correct the path or the permissions. For a copy of another machine use --map FROM=TO.',
});
