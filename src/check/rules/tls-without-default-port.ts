import { fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule, listOf } from '../rule.js';

// observed (proxy-protocol.md sections 2 and 9): these services have no port for implicit TLS.
export const tlsWithoutDefaultPort = defineRule({
  code: 'DV419',
  name: 'tls-without-default-port',
  severity: 'warning',
  title: 'ssl without port for submission or ManageSieve',
  versions: BOTH,
  check({ config, series, report }) {
    const protocols = config.effective.protocols.filter((name) => name === 'submission' || name === 'sieve');
    const fields = passdbFields(config);
    if (protocols.length === 0) return;
    for (const passdb of passdbsWith(config, 'ssl')) {
      const own = fieldsOf(passdb, fields);
      const ssl = own.find((field) => field.name === 'ssl');
      if (ssl === undefined || own.some((field) => field.name === 'port' || field.name === 'starttls'))
        continue;
      report({
        message:
          series === '2.3'
            ? `ssl without port: ${listOf(protocols, 'and')} start TLS at once on their plain port`
            : `ssl without port: ${listOf(protocols, 'and')} connect to port 0, which fails`,
        place: ssl.namePlace,
        help: 'Return a port for these protocols, or starttls.',
      });
    }
  },
});
