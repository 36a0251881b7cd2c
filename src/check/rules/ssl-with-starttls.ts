import { fieldsOf, type PassdbField, passdbFields, passdbsWith } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

export const sslWithStarttls = defineRule({
  code: 'DV402',
  name: 'ssl-with-starttls',
  severity: 'warning',
  title: 'Both ssl and starttls: STARTTLS wins, implicit TLS never happens',
  versions: BOTH,
  check({ config, series, report }) {
    const fields = passdbFields(config);
    for (const passdb of passdbsWith(config, 'ssl')) {
      const own = fieldsOf(passdb, fields);
      const ssl = own.find((field) => field.name === 'ssl' && isMeant(field));
      const starttls = own.find((field) => field.name === 'starttls' && isMeant(field));
      if (ssl === undefined || starttls === undefined) continue;
      // Two columns that are NULL in turn are the right way.
      if (!isAlwaysThere(ssl) && !isAlwaysThere(starttls)) continue;
      const port = series === '2.3' ? ', on port 993 (of ssl) where no port is given' : '';
      report({
        message: `With both ssl and starttls Dovecot speaks STARTTLS${port}`,
        place: ssl.namePlace,
        related: [{ message: 'starttls is set here', place: starttls.namePlace }],
        help: 'Return only one of the two: starttls for port 143, ssl for port 993.',
      });
    }
  },
});

/** A literal 'no' is the finding of another rule already, and of a column nobody knows when it is NULL. */
function isMeant({ literals, open, suffix }: PassdbField): boolean {
  return literals.every(({ text }) => text.toLowerCase() !== 'no') && !open && suffix === '';
}

function isAlwaysThere(field: PassdbField): boolean {
  return !field.canBeNull;
}
