import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const cleartextLogins = defineRule({
  code: 'DV504',
  name: 'cleartext-logins',
  severity: 'warning',
  title: 'Passwords are accepted over connections without TLS',
  versions: BOTH,
  check({ config, series, report }) {
    const { effective } = config;
    const name = series === '2.3' ? 'disable_plaintext_auth' : 'auth_allow_cleartext';
    const origin = effective.setting(name)?.origin ?? null;
    // With ssl = required nothing goes over a plain connection whatever this says.
    if (origin === null || !effective.auth().allowCleartext || effective.setting('ssl')?.text === 'required')
      return;
    report({
      message: 'Clients may send their passwords over connections that anybody on the way can read',
      place: placeOfValue(origin),
      help: series === '2.3' ? 'Write "disable_plaintext_auth = yes".' : 'Write "auth_allow_cleartext = no".',
    });
  },
});
