import { allPassdbs } from '../chains.js';
import { extFileOf } from '../ext-files.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// Dovecot 2.3.19.1 passdb-ldap.c, 2.4.1 passdb-ldap.c: the template counts with auth_bind only
export const bindDnIgnored = defineRule({
  code: 'DV334',
  name: 'bind-dn-ignored',
  severity: 'warning',
  title: 'A DN to bind as without binding: the password is looked for in the directory',
  versions: BOTH,
  check({ config, report }) {
    for (const passdb of allPassdbs(config)) {
      if (passdb.driver !== 'ldap') continue;
      const ext = extFileOf(passdb, config);
      const dn =
        ext === null ? passdb.setting('passdb_ldap_bind_userdn') : ext.values.get('auth_bind_userdn');
      const bind = ext === null ? passdb.setting('passdb_ldap_bind')?.text : ext.get('auth_bind');
      if (dn?.origin == null || dn.text === '' || bind === 'yes') continue;
      const [name, on] =
        ext === null ? ['passdb_ldap_bind_userdn', 'passdb_ldap_bind'] : ['auth_bind_userdn', 'auth_bind'];
      report({
        message: `${name} has no effect: without ${on} = yes nobody binds as the user`,
        place: placeOfValue(dn.origin),
        help: `Write "${on} = yes", or remove ${name}.`,
      });
    }
  },
});
