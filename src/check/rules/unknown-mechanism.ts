import { BOTH, defineRule } from '../rule.js';
import { placeIn, placeOfValue, valueText } from '../value-text.js';

// mech.c and mech-*.c of 2.3.19.1 and 2.4.1 (the same names but for the -PLUS ones).
const MECHANISMS = new Set([
  'ANONYMOUS',
  'APOP',
  'CRAM-MD5',
  'DIGEST-MD5',
  'DOVECOT-TOKEN',
  'EXTERNAL',
  'GSSAPI',
  'GSS-SPNEGO',
  'LOGIN',
  'NTLM',
  'OAUTHBEARER',
  'OTP',
  'PLAIN',
  'SCRAM-SHA-1',
  'SCRAM-SHA-256',
  'XOAUTH2',
]);
const ONLY_24 = new Set(['SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256-PLUS']);

export const unknownMechanism = defineRule({
  code: 'DV311',
  name: 'unknown-mechanism',
  severity: 'error',
  title: 'An authentication mechanism that Dovecot does not have',
  versions: BOTH,
  check({ config, series, report }) {
    const { effective } = config;
    const filters = [{}, ...effective.protocols.map((protocol) => ({ protocol }))];
    const asked = filters.flatMap((filter) => {
      const origin = effective.setting('auth_mechanisms', filter)?.origin ?? null;
      return origin === null ? [] : effective.auth(filter).mechanisms.map((name) => ({ name, origin }));
    });
    for (const { name, origin } of asked) {
      const upper = name.toUpperCase();
      if (MECHANISMS.has(upper) || (series === '2.4' && ONLY_24.has(upper)) || /[$%]/.test(name)) continue;
      const value = valueText(origin);
      const at = value.text.toUpperCase().indexOf(upper);
      report({
        message: `There is no authentication mechanism ${name}`,
        place: at === -1 ? placeOfValue(origin) : placeIn(value, { start: at, end: at + name.length }),
        help: 'auth_mechanisms holds names such as plain, login and scram-sha-256, separated by spaces.',
        dovecot: { message: `auth: Fatal: Unknown authentication mechanism '${upper}'`, stage: 'auth-start' },
      });
    }
  },
});
