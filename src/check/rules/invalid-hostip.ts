import { ipVersion } from '../../config/ip-version.js';
import type { Series } from '../../knowledge/versions.js';
import { fieldsNamed, fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// proxy-protocol.md section 1.2
export const invalidHostip = defineRule({
  code: 'DV426',
  name: 'invalid-hostip',
  severity: 'error',
  title: 'A hostip that is no address',
  versions: BOTH,
  check({ config, series, report }) {
    const fields = passdbFields(config);
    for (const { passdb, literals } of fieldsNamed(config, 'hostip')) {
      // The login process reads it where host needs no look-up, else the auth process. observed both
      const isByLogin = fieldsOf(passdb, fields).some(
        (field) => field.name === 'host' && field.literals.some(({ text }) => ipVersion(text) !== 0),
      );
      for (const { text, place } of literals) {
        if (text === '' || ipVersion(text) !== 0) continue;
        report({
          message: `"${text}" is no address: ${series === '2.3' ? 'the login process crashes and cuts the connection' : 'the login fails temporarily'}`,
          place,
          help: 'hostip holds the address, host the name.',
          dovecot: { message: said(text, series, isByLogin), stage: 'runtime' },
        });
      }
    }
  },
});

function said(text: string, series: Series, isByLogin: boolean): string {
  if (series === '2.3')
    return isByLogin ? `proxy(USER): Invalid hostip ${text}` : `Invalid hostip in passdb: ${text}`;
  return isByLogin
    ? `Auth service returned invalid hostip value '${text}': Not a valid IP address`
    : `proxy: Invalid hostip in passdb: ${text}`;
}
