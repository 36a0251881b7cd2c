import { allPassdbs, headOf, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';

export const masterAndDeny = defineRule({
  code: 'DV313',
  name: 'master-and-deny',
  severity: 'error',
  title: 'A passdb with both master = yes and deny = yes',
  versions: BOTH,
  check({ config, report }) {
    for (const passdb of allPassdbs(config)) {
      if (!passdb.master || !passdb.deny) continue;
      report({
        message: `${titleOf(passdb)} cannot be for master users and deny them at once`,
        place: headOf(passdb),
        help: 'Remove one of the two.',
        dovecot: { message: "auth: Fatal: Master passdb can't have deny=yes", stage: 'auth-start' },
      });
    }
  },
});
