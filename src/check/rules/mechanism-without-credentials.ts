import type { PassdbBlock } from '../../config/effective.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, placeOfValue, valueText } from '../value-text.js';

const NEED_LOOKUP = new Set(['CRAM-MD5', 'DIGEST-MD5', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'APOP', 'NTLM']);
// auth-chain.md section 1.3: these drivers never hand out a stored password.
const WITHOUT_LOOKUP = new Set(['pam', 'imap', 'bsdauth', 'oauth2']);

export const mechanismWithoutCredentials = defineRule({
  code: 'DV312',
  name: 'mechanism-without-credentials',
  severity: 'error',
  title: 'A mechanism that needs the stored password, and no passdb that hands one out',
  versions: BOTH,
  check({ config, report }) {
    const { mechanisms, passdbs } = config.effective.auth();
    const users = passdbs.filter((passdb) => !passdb.master);
    const origin = config.effective.setting('auth_mechanisms')?.origin ?? null;
    if (users.length === 0 || origin === null) return;
    for (const mechanism of mechanisms) {
      const name = mechanism.toUpperCase();
      if (isServed(name, users)) continue;
      const value = valueText(origin);
      const at = value.text.toUpperCase().indexOf(name);
      report({
        message: `${name} needs the stored password, and no passdb can hand one out`,
        place: at === -1 ? placeOfValue(origin) : placeIn(value, { start: at, end: at + name.length }),
        help:
          name === 'OTP'
            ? 'Only an sql passdb can serve OTP. Remove the mechanism, or add one.'
            : 'Remove the mechanism, or add a passdb that holds passwords (passwd-file, sql, ldap without auth_bind).',
        dovecot: {
          message: `auth: Fatal: ${name} mechanism can't be supported with given passdbs`,
          stage: 'auth-start',
        },
      });
    }
  },
});

function isServed(mechanism: string, users: readonly PassdbBlock[]): boolean {
  if (mechanism === 'OTP') return users.some((passdb) => passdb.driver === 'sql');
  if (!NEED_LOOKUP.has(mechanism)) return true;
  return users.some((passdb) => !WITHOUT_LOOKUP.has(passdb.driver));
}
