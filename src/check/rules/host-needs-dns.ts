import { ipVersion } from '../../config/ip-version.js';
import { fieldsNamed, fieldsOf, passdbFields } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

// proxy-protocol.md section 1.2: the auth process asks DNS for each login.
export const hostNeedsDns = defineRule({
  code: 'DV423',
  name: 'host-needs-dns',
  severity: 'info',
  title: 'A host given by name: each login waits for DNS',
  versions: BOTH,
  check({ config, report }) {
    const fields = passdbFields(config);
    for (const { passdb, literals } of fieldsNamed(config, 'host')) {
      const named = literals.find(({ text }) => isName(text));
      if (named === undefined) continue;
      const own = fieldsOf(passdb, fields);
      // Where TLS is verified, the name is what it is verified against.
      if (own.some(({ name }) => /^(?:hostip|ssl|starttls)$/.test(name))) continue;
      if (!own.some(({ name }) => /^proxy(?:_maybe)?$/.test(name))) continue;
      report({
        message: `The auth process asks DNS for ${named.text} at each login: without an answer logins fail temporarily`,
        place: named.place,
        help: 'Return hostip with the address beside it: host stays the name for TLS.',
      });
    }
  },
});

function isName(text: string): boolean {
  const address = text.startsWith('[') ? text.replace(/^\[(.*)\]$/, '$1') : text;
  return text !== '' && ipVersion(address) === 0;
}
