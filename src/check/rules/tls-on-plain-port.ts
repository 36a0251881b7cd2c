import { fieldsNamed, fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

const PLAIN = new Set(['143', '110', '587', '4190', '24', '25']);
const IMPLICIT = new Set(['993', '995', '465']);

export const tlsOnPlainPort = defineRule({
  code: 'DV415',
  name: 'tls-on-plain-port',
  severity: 'warning',
  title: 'A port that does not fit the TLS mode',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    const anyTls = fieldsNamed(config, 'ssl', 'starttls').length > 0;
    for (const passdb of passdbsWith(config, 'port')) {
      const own = fieldsOf(passdb, fields).filter((field) => !field.open && !field.canBeNull);
      const port = own.find((field) => field.name === 'port' && field.literals.length === 1);
      const literal = port?.literals[0];
      const starttls = own.find((field) => field.name === 'starttls');
      const ssl = own.find((field) => field.name === 'ssl');
      if (literal === undefined) continue;
      if (ssl !== undefined && starttls === undefined && PLAIN.has(literal.text)) {
        report({
          message: `Port ${literal.text} speaks plain text first, and ssl starts TLS at once: the connection fails`,
          place: literal.place,
          related: [{ message: 'ssl is set here', place: ssl.namePlace }],
          help: 'Return starttls instead of ssl, or the port for TLS (993, 995).',
        });
      }
      if (starttls !== undefined && IMPLICIT.has(literal.text)) {
        report({
          message: `Port ${literal.text} expects TLS at once, and starttls waits for a greeting: the connection hangs`,
          place: literal.place,
          related: [{ message: 'starttls is set here', place: starttls.namePlace }],
          help: 'Return ssl instead of starttls, or the plain port (143, 110).',
        });
      }
      if (IMPLICIT.has(literal.text) && !anyTls && own.some(({ name }) => /^proxy(?:_maybe)?$/.test(name))) {
        report({
          message: `Port ${literal.text} expects TLS at once, and no passdb returns ssl: the connection hangs`,
          place: literal.place,
          help: 'Return ssl = yes too, or the plain port (143, 110).',
        });
      }
    }
  },
});
