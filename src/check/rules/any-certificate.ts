import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const anyCertificate = defineRule({
  code: 'DV404',
  name: 'any-certificate',
  severity: 'warning',
  title: 'any-cert: whoever stands between proxy and backend reads the passwords',
  versions: BOTH,
  check({ config, series, report }) {
    for (const field of fieldsNamed(config, 'ssl', 'starttls')) {
      for (const { text, place } of field.literals) {
        if (text !== 'any-cert') continue;
        report({
          message: 'any-cert accepts every certificate: whoever answers for the backend gets the passwords',
          place,
          help:
            series === '2.3'
              ? `Return 'yes' and put the backends' CA into ssl_ca (with ssl_require_crl = no unless the file holds revocation lists).`
              : `Return 'yes' and put the backends' CA into ssl_client_ca_file.`,
        });
      }
    }
  },
});
