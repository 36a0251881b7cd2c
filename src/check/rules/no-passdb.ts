import { authSettings, headOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';

export const noPassdb = defineRule({
  code: 'DV309',
  name: 'no-passdb',
  severity: 'error',
  title: 'Authentication is set up without a passdb for users',
  versions: BOTH,
  check({ config, report }) {
    const [global] = authSettings(config);
    if (global === undefined) return;
    const remaining = global.passdbs.filter((passdb) => !passdb.master);
    while (remaining[0]?.skip.value === 'unauthenticated') remaining.shift();
    // A fragment without any passdb is no finding: its passdbs may be elsewhere.
    const [block] = global.passdbs;
    if (remaining.length > 0 || block === undefined) return;
    const mechanism = global.mechanisms[0] ?? 'PLAIN';
    report({
      message: block.master
        ? 'Nobody can log in: there is a passdb for master users only'
        : 'Nobody can log in: every passdb is dropped, because no earlier one can authenticate',
      place: headOf(block),
      help: 'Add a passdb for the users themselves.',
      dovecot: {
        message: `auth: Fatal: No passdbs specified in configuration file. ${mechanism} mechanism needs one`,
        stage: 'auth-start',
      },
    });
  },
});
