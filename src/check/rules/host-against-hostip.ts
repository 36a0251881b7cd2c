import { ipVersion } from '../../config/ip-version.js';
import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const hostAgainstHostip = defineRule({
  code: 'DV416',
  name: 'host-against-hostip',
  severity: 'error',
  title: 'host and hostip are two different addresses',
  versions: BOTH,
  check({ config, series, report }) {
    const fields = passdbFields(config);
    for (const passdb of passdbsWith(config, 'hostip')) {
      const own = fieldsOf(passdb, fields);
      const host = only(own.find((field) => field.name === 'host')?.literals);
      const hostip = only(own.find((field) => field.name === 'hostip')?.literals);
      if (host === null || hostip === null || ipVersion(host.text) === 0 || ipVersion(hostip.text) === 0)
        continue;
      if (host.text === hostip.text) continue;
      report({
        message:
          series === '2.3'
            ? `host is ${host.text} and hostip is ${hostip.text}: Dovecot connects to hostip`
            : `host is ${host.text} and hostip is ${hostip.text}: the login fails temporarily`,
        place: hostip.place,
        severity: series === '2.3' ? 'warning' : 'error',
        related: [{ message: 'host', place: host.place }],
        help: 'Return the name of the backend as host and its address as hostip, or host alone.',
        dovecot:
          series === '2.4'
            ? { message: "host and hostip are both IPs, but they don't match", stage: 'runtime' }
            : null,
      });
    }
  },
});

function only<T>(all: readonly T[] | undefined): T | null {
  return all?.length === 1 ? (all[0] ?? null) : null;
}
