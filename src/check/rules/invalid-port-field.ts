import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const invalidPortField = defineRule({
  code: 'DV407',
  name: 'invalid-port-field',
  severity: 'error',
  title: 'A port field that is no port',
  versions: BOTH,
  check({ config, series, report }) {
    for (const field of fieldsNamed(config, 'port')) {
      for (const { text, place } of field.literals) {
        if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) continue;
        report({
          message:
            series === '2.3'
              ? `"${text}" is no port: Dovecot logs an error and connects to the default port`
              : `"${text}" is no port: the login fails temporarily`,
          place,
          severity: series === '2.3' ? 'warning' : 'error',
          help: 'Ports are 1 to 65535. Return NULL for the default port of the protocol.',
          dovecot: {
            message:
              series === '2.3'
                ? `Auth service returned invalid port number: ${text}`
                : `Auth service returned invalid port value '${text}': Not a valid port number`,
            stage: 'runtime',
          },
        });
      }
    }
  },
});
