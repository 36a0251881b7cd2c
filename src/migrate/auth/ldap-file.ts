import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { ExtFile } from '../../config/ext-file.js';
import { EXTERNAL_2_3 } from '../../knowledge/external-settings-2.3.js';
import type { NewStatement } from '../change.js';
import {
  change,
  type DriverPart,
  literalSetting,
  NOTHING,
  newSetting,
  type OldBlock,
  variableSetting,
  wordsOf,
} from './block-part.js';
import { asComment, type ExtTranslator, extFileOf, included, unreadable } from './ext-file.js';
import { attributeFields } from './ldap-attributes.js';

/** Keys whose value goes over as it is. */
const PLAIN: Readonly<Record<string, string>> = nameTable({
  uris: 'ldap_uris',
  dn: 'ldap_auth_dn',
  dnpass: 'ldap_auth_dn_password',
  auth_bind: 'passdb_ldap_bind',
  tls: 'ldap_starttls',
  tls_ca_cert_file: 'ssl_client_ca_file',
  tls_ca_cert_dir: 'ssl_client_ca_dir',
  tls_cert_file: 'ssl_client_cert_file',
  tls_key_file: 'ssl_client_key_file',
  tls_cipher_suite: 'ssl_cipher_list',
  ldap_version: 'ldap_version',
  debug_level: 'ldap_debug_level',
  default_pass_scheme: 'passdb_default_password_scheme',
});
const LOWERED: Readonly<Record<string, string>> = nameTable({ deref: 'ldap_deref', scope: 'ldap_scope' });
const FILTERS: Readonly<Record<string, string>> = nameTable({
  base: 'ldap_base',
  auth_bind_userdn: 'passdb_ldap_bind_userdn',
  pass_filter: 'passdb_ldap_filter',
  user_filter: 'userdb_ldap_filter',
  iterate_filter: 'userdb_ldap_iterate_filter',
});
const SASL: Readonly<Record<string, string>> = nameTable({
  sasl_mech: 'ldap_auth_sasl_mechanisms',
  sasl_realm: 'ldap_auth_sasl_realm',
  sasl_authz_id: 'ldap_auth_sasl_authz_id',
});
const ATTRIBUTES: Readonly<Record<string, readonly [key: string, filter: string]>> = nameTable({
  pass_attrs: ['passdb_fields', 'pass_filter'],
  user_attrs: ['userdb_fields', 'user_filter'],
  iterate_attrs: ['userdb_ldap_iterate_fields', 'iterate_filter'],
});

/** An ldap block with its file (Dovecot 2.3.19.1 db-ldap.c). */
export function foldLdap(old: OldBlock): DriverPart {
  const file = extFileOf(old, 'ldap');
  if (file === null) return { ...NOTHING, statements: [unreadable(old)] };
  return { ...NOTHING, statements: [included(old, file, LDAP)], pins: pinned(old, file), row: 'ldap' };
}

const LDAP: ExtTranslator = {
  setting({ key, value, place }, file): readonly NewStatement[] {
    const reason = 'The settings of a directory have longer names in 2.4.';
    const changes = [change('DV771', 'exact', reason, place)];
    const plain = PLAIN[key];
    if (plain !== undefined) return [literalSetting(plain, value, place, changes)];
    const lowered = LOWERED[key];
    if (lowered !== undefined) return [newSetting(lowered, value.toLowerCase(), changes)];
    const filter = FILTERS[key];
    if (filter !== undefined) return [variableSetting(filter, value, place, { escaped: 'ldap', changes })];
    const sasl = SASL[key];
    if (sasl !== undefined)
      return file.get('sasl_bind') === 'yes'
        ? [literalSetting(sasl, value, place, changes)]
        : asComment(place, 'it counts with sasl_bind = yes only');
    const attributes = ATTRIBUTES[key];
    if (attributes !== undefined) {
      const [name, filterKey] = attributes;
      const text = key === 'pass_attrs' ? withoutPassword(value, file) : value;
      return [attributeFields({ key: name, text, filter: file.get(filterKey), place })];
    }
    switch (key) {
      case 'hosts':
        if (file.get('uris') !== '') return asComment(place, 'uris wins over hosts');
        return [
          newSetting(
            'ldap_uris',
            wordsOf(value)
              .map((host) => `ldap://${host}`)
              .join(' '),
            changes,
          ),
        ];
      case 'sasl_bind':
        return asComment(place, '2.4 binds so where ldap_auth_sasl_mechanisms is set');
      case 'tls_require_cert': {
        const verify = /^(?:never|allow)$/i.test(value) ? 'no' : 'yes';
        return [newSetting('ssl_client_require_valid_cert', verify, changes)];
      }
      case 'blocking':
        return asComment(
          place,
          'it stands as passdb_use_worker or userdb_use_worker in the section that reads this file',
        );
      case 'userdb_warning_disable':
        return asComment(place, '2.4 has no such warning');
      default: {
        const why = `2.4 has no setting in the place of ${key}`;
        return asComment(place, why, [change('DV773', 'decide', `${why}.`, place)]);
      }
    }
  },
};

/** With `auth_bind` the password is not read. */
function withoutPassword(text: ByteString, file: ExtFile): ByteString {
  if (file.get('auth_bind') !== 'yes') return text;
  return text
    .split(/,+/)
    .filter((entry) => !/^ *[^=]*=password(?:=|$)/.test(entry))
    .join(',');
}

/** What 2.3 does where the file is silent, and what belongs to the block. */
function pinned(old: OldBlock, file: ExtFile): NewStatement[] {
  const { kind, place } = old;
  const statements: NewStatement[] = [];
  const isSet = (key: string): boolean => file.values.get(key)?.origin != null;
  const usual = (key: string): ByteString => EXTERNAL_2_3['ldap']?.find(([name]) => name === key)?.[2] ?? '';
  const wanted =
    kind === 'passdb'
      ? ['pass_filter', 'pass_attrs']
      : ['user_filter', 'user_attrs', 'iterate_filter', 'iterate_attrs'];
  for (const key of wanted.filter((one) => !isSet(one))) {
    const reason = `2.3 has ${key} of its own where the file has none; 2.4 has not.`;
    const changes = [change('DV774', 'exact', reason, place)];
    const filter = FILTERS[key];
    const attributes = ATTRIBUTES[key];
    if (filter !== undefined)
      statements.push(variableSetting(filter, usual(key), place, { escaped: 'ldap', changes }));
    else if (attributes !== undefined) {
      const [name, filterKey] = attributes;
      const text = key === 'pass_attrs' ? withoutPassword(usual(key), file) : usual(key);
      const section = attributeFields({ key: name, text, filter: file.get(filterKey), place });
      statements.push({ ...section, changes: [...changes, ...(section.changes ?? [])] });
    }
  }
  if (file.get('blocking') === 'yes') statements.push(newSetting(`${kind}_use_worker`, 'yes'));
  return statements;
}
