import { allPassdbs, allUserdbs } from '../chains.js';
import { defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

/** Without them an entry is of no use anyway. */
const NEEDED = new Set(['user', 'password', 'uid', 'gid', 'home']);
const ATTRIBUTE = /%\{\s*ldap(?:_multi)?:([^\s|}]+)\s*([^}]*)\}/g;

// Dovecot 2.4.1 db-ldap.c: a variable without a value fails the expansion; observed 2.4.1
export const attributeMayBeMissing = defineRule({
  code: 'DV828',
  name: 'attribute-may-be-missing',
  severity: 'info',
  title: 'A field from an LDAP attribute that an entry may lack: its look-up then fails temporarily',
  versions: ['2.4'],
  check({ config, report }) {
    for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
      if (block.driver !== 'ldap') continue;
      const filter = block.setting(`${block.kind}_ldap_filter`)?.text ?? '';
      for (const { name, origin } of block.fields) {
        if (origin === null || NEEDED.has(name.replace(/:.*$/, '').replace(/^userdb_/, ''))) continue;
        const value = valueText(origin);
        for (const match of value.text.matchAll(ATTRIBUTE)) {
          const [expression, attribute = '', filters = ''] = match;
          if (/\bdefault\b|\bif\b/.test(filters)) continue;
          if (filter.toLowerCase().includes(`(${attribute.toLowerCase()}=`)) continue;
          report({
            message: `Logins of users without ${attribute} fail temporarily: 2.4 leaves no field out`,
            place: placeIn(value, { start: match.index, end: match.index + expression.length }),
            help: `Write "%{ldap:${attribute} | default('...')}", or let the filter ask for (${attribute}=*).`,
          });
        }
      }
    }
  },
});
