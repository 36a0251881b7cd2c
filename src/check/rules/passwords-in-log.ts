import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const passwordsInLog = defineRule({
  code: 'DV506',
  name: 'passwords-in-log',
  severity: 'warning',
  title: 'Passwords are written to the log',
  versions: BOTH,
  check({ config, report }) {
    const { effective } = config;
    const auth = effective.auth();
    const debug = effective.setting('auth_debug_passwords');
    if (debug !== null && debug.origin !== null && auth.debugPasswords) {
      report({
        message: 'auth_debug_passwords writes passwords to the log',
        place: placeOfValue(debug.origin),
        help: 'Remove the line when the trouble is found.',
      });
    }
    const verbose = effective.setting('auth_verbose_passwords');
    if (verbose !== null && verbose.origin !== null && /^plain/.test(auth.verbosePasswords)) {
      report({
        message: 'auth_verbose_passwords = plain writes the password of each failed login to the log',
        place: placeOfValue(verbose.origin),
        help: 'Write "auth_verbose_passwords = sha1:6" to tell repeated passwords apart without storing them.',
      });
    }
  },
});
