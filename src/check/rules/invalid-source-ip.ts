import { ipVersion } from '../../config/ip-version.js';
import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const invalidSourceIp = defineRule({
  code: 'DV418',
  name: 'invalid-source-ip',
  severity: 'warning',
  title: 'A source_ip that is no address',
  versions: BOTH,
  check({ config, series, report }) {
    for (const field of fieldsNamed(config, 'source_ip')) {
      for (const { text, place } of field.literals) {
        if (text === '' || ipVersion(text) !== 0) continue;
        report({
          message:
            series === '2.3'
              ? `"${text}" is no address: it is ignored, and so are login_source_ips`
              : `"${text}" is no address: the login fails temporarily`,
          place,
          severity: series === '2.3' ? 'warning' : 'error',
          help: 'Return an IP address of this server, without brackets.',
        });
      }
    }
  },
});
