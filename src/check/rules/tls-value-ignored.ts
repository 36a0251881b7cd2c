import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// Dovecot 2.3.19.1 client-common-auth.c, 2.4.1 auth-proxy.c: one exact word has a meaning, everything else is "yes".
export const tlsValueIgnored = defineRule({
  code: 'DV405',
  name: 'tls-value-ignored',
  severity: 'warning',
  title: 'A value of ssl or starttls that looks like any-cert and is not',
  versions: BOTH,
  check({ config, report }) {
    for (const field of fieldsNamed(config, 'ssl', 'starttls')) {
      for (const { text, place } of field.literals) {
        if (text === 'any-cert' || !/^any[-_ ]?cert$/i.test(text)) continue;
        report({
          message: `"${text}" is not any-cert: the certificate is verified as with "yes"`,
          place,
          help: 'Only any-cert in lower case accepts every certificate; write yes if verification is meant.',
        });
      }
    }
  },
});
