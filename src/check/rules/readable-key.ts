import { BOTH, defineRule } from '../rule.js';
import { tlsPairs } from '../tls-files.js';

export const readableKey = defineRule({
  code: 'DV513',
  name: 'readable-key',
  severity: 'warning',
  title: 'A private key that every user of the machine can read',
  versions: BOTH,
  check(context) {
    for (const { key } of tlsPairs(context)) {
      // A copy in a repository has the repository's modes, not the server's.
      if (key?.look.kind !== 'file' || context.files?.isMapped(key.path) !== false) continue;
      const { mode } = key.look;
      if ((mode & 0o004) === 0) continue;
      context.report({
        message: `Every user of this machine can read the private key (mode ${mode.toString(8).padStart(4, '0')})`,
        place: key.place,
        help: `chmod o= ${key.path}`,
      });
    }
  },
});
