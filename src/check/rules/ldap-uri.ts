import type { Written } from '../../config/origin.js';
import { allPassdbs, allUserdbs } from '../chains.js';
import { extFileOf } from '../ext-files.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

// observed 2.3.19.1, 2.4.1
export const ldapUri = defineRule({
  code: 'DV834',
  name: 'ldap-uri',
  severity: 'error',
  title: 'The URI of a directory without ldap://',
  versions: BOTH,
  check({ config, series, report }) {
    for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
      if (block.driver !== 'ldap') continue;
      const ext = extFileOf(block, config);
      const written: Written | null =
        ext === null ? block.setting('ldap_uris') : (ext.values.get('uris') ?? null);
      if (written === null || written.origin === null) continue;
      const value = valueText(written.origin);
      for (const match of value.text.matchAll(/[^\s,]+/g)) {
        const [uri] = match;
        if (/^ldap[si]?:\/\//i.test(uri) || /[%$]/.test(uri)) continue;
        const said =
          ext === null
            ? `ldap(${written.text}): ldap_initialize() failed`
            : `LDAP ${ext.path}: ldap_initialize() failed with uris ${written.text}`;
        report({
          message: `"${uri}" is no URI of a directory: the auth process does not start`,
          place: placeIn(value, { start: match.index, end: match.index + uri.length }),
          help: `Write "ldap://${uri}", or ldaps:// for TLS from the first byte${series === '2.3' ? '; names alone belong to "hosts"' : ''}.`,
          dovecot: { message: `auth: Fatal: ${said}: Bad parameter to an ldap routine`, stage: 'auth-start' },
        });
      }
    }
  },
});
