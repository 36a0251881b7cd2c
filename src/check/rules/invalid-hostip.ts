import { ipVersion } from '../../config/ip-version.js';
import { passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// proxy-protocol.md section 1.2
export const invalidHostip = defineRule({
  code: 'DV426',
  name: 'invalid-hostip',
  severity: 'error',
  title: 'A hostip that is no address',
  versions: BOTH,
  check({ config, series, report }) {
    for (const { name, literals } of passdbFields(config)) {
      if (name !== 'hostip') continue;
      for (const { text, place } of literals) {
        if (text === '' || ipVersion(text) !== 0) continue;
        report({
          message: `"${text}" is no address: ${series === '2.3' ? 'the login process crashes and cuts the connection' : 'the login fails temporarily'}`,
          place,
          help: 'hostip holds the address, host the name.',
          dovecot:
            series === '2.3'
              ? { message: `Invalid hostip in passdb: ${text}`, stage: 'runtime' }
              : { message: `proxy: Invalid hostip in passdb: ${text}`, stage: 'runtime' },
        });
      }
    }
  },
});
