import { startupProblems } from '../../auth/startup.js';
import { authSettings, headOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

/** What other rules say with more advice. */
const OF_OTHER_RULES =
  /^(?:Unknown |Support not compiled|No passdbs specified|Last passdb|LDAP: |dict: |: ldap_uris|.* can't be supported|Master passdb can't have deny)/;

export const authDoesNotStart = defineRule({
  code: 'DV322',
  name: 'auth-does-not-start',
  severity: 'error',
  title: 'Auth settings with which the auth process does not start',
  versions: BOTH,
  check({ config, report }) {
    for (const settings of authSettings(config)) {
      if (settings.passdbs.length === 0) continue;
      for (const { message, passdb, at } of startupProblems(settings)) {
        if (OF_OTHER_RULES.test(message)) continue;
        const mechanisms = config.effective.setting('auth_mechanisms')?.origin ?? null;
        report({
          message: `The auth process does not start: ${message}`,
          place:
            passdb !== null
              ? headOf(passdb)
              : at !== null
                ? placeOfValue(at)
                : mechanisms === null
                  ? null
                  : placeOfValue(mechanisms),
          dovecot: { message: `auth: Fatal: ${message}`, stage: 'auth-start' },
        });
      }
    }
  },
});
