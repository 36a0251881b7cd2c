import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// observed 2.3.19.1 and 2.4.1 (proxy-protocol.md section 9).
export const emptyHost = defineRule({
  code: 'DV406',
  name: 'empty-host',
  severity: 'error',
  title: 'A host that can be the empty string: the auth process panics',
  versions: BOTH,
  check({ config, series, report }) {
    for (const field of fieldsNamed(config, 'host')) {
      for (const literal of field.literals) {
        if (literal.text !== '') continue;
        report({
          message: 'An empty host makes the auth process panic, with all logins that wait for it',
          place: literal.place,
          help: 'Return NULL, or no row at all, for users without a backend.',
          dovecot: {
            message: `auth: Panic: file dns-lookup.c: line ${series === '2.3' ? 367 : 474} (dns_client_lookup_common): assertion failed: (param != NULL && *param != '\\0')`,
            stage: 'runtime',
          },
        });
      }
    }
  },
});
