import { authSettings, headOf, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';

export const masterWithoutSeparator = defineRule({
  code: 'DV314',
  name: 'master-without-separator',
  severity: 'warning',
  title: 'A passdb for master users, and no auth_master_user_separator',
  versions: BOTH,
  check({ config, report }) {
    for (const { passdbs, masterUserSeparator } of authSettings(config)) {
      const master = passdbs.find((passdb) => passdb.master);
      if (master === undefined || masterUserSeparator !== '') continue;
      report({
        message: `Nobody reaches ${titleOf(master)} by "user*master": auth_master_user_separator is empty`,
        place: headOf(master),
        help: 'Add "auth_master_user_separator = *", unless all master logins come with a SASL authorization id.',
      });
    }
  },
});
