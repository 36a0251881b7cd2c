import type { ByteString } from '../../../grammar/bytes.js';
import type { Config } from '../../config/config.js';
import type { DatabaseBlock, FieldTemplate, PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { inspectTemplate } from '../../variables/inspect.js';
import type { SearchScope } from './directory.js';
import { type PassAttr, parsePassAttrs } from './pass-attrs.js';
import { type LdapTarget, type LdapTls, parseHosts, parseUris } from './target.js';

/** Something that stops the auth process at its start; the message is the text behind `auth: Fatal: `. */
class LdapStartError extends Error {}

/** How entries are searched; base and filter still hold variables. */
export interface LdapSearchSettings {
  readonly target: LdapTarget;
  /** Prefix of lines about the connection. */
  readonly logPrefix: ByteString;
  readonly base: ByteString;
  readonly scope: SearchScope;
  readonly filter: ByteString;
  /** The setting that holds the filter. */
  readonly filterName: string;
  /** Attributes that are asked for; empty: all. */
  readonly attributes: readonly ByteString[];
  /** 2.3. */
  readonly attrs: readonly PassAttr[];
  readonly blocking: boolean;
}

/** An ldap passdb of either version, ready to be opened. The bind name still holds variables. */
export interface LdapSettings extends LdapSearchSettings {
  /** The password is checked by binding as the user. */
  readonly bind: boolean;
  /** null: the user is searched first, and the name that was found is bound to. */
  readonly bindUserdn: ByteString | null;
  readonly defaultScheme: ByteString;
  readonly cacheKey: ByteString;
}

/** An ldap userdb of either version, ready to be opened. */
export interface LdapUserdbSettings extends LdapSearchSettings {
  /** How all users are listed. */
  readonly iterate: LdapSearchSettings;
  /** 2.4 `userdb_ldap_iterate_fields`. */
  readonly iterateFields: readonly FieldTemplate[];
}

/** What the file of a 2.3 block says of the servers. Throws LdapStartError. */
function common23(block: DatabaseBlock, config: Config) {
  const path = block.args.text;
  if (path === '') throw new LdapStartError('LDAP: Configuration file path not given');
  const file = config.extFile(path, 'ldap');
  const fatal = file.problems.find(({ severity, dovecot }) => severity === 'error' && dovecot !== null);
  if (fatal?.dovecot) {
    const text = fatal.dovecot.message;
    throw new LdapStartError(/^ldap[ :]/i.test(text) ? text : `ldap ${path}: ${text}`);
  }
  const get = (key: string): ByteString => file.get(key);
  const isOn = (key: string): boolean => get(key) === 'yes';
  const isSet = (key: string): boolean => file.values.get(key)?.origin != null;
  const byUri = isSet('uris');
  const servers = byUri ? parseUris(get('uris')) : parseHosts(get('hosts'));
  if (servers === null)
    throw new LdapStartError(
      `LDAP ${path}: ldap_initialize() failed with uris ${get('uris')}: Bad parameter to an ldap routine`,
    );
  const target: LdapTarget = {
    servers,
    label: byUri ? get('uris') : get('hosts'),
    dn: get('dn'),
    password: get('dnpass'),
    startTls: isOn('tls'),
    tls: {
      ca: get('tls_ca_cert_file'),
      certificate: get('tls_cert_file'),
      key: get('tls_key_file'),
      ciphers: get('tls_cipher_suite'),
      minProtocol: '',
      verify: !['never', 'allow'].includes(get('tls_require_cert').toLowerCase()),
    },
    deref: get('deref').toLowerCase() as LdapTarget['deref'],
  };
  const search = {
    target,
    logPrefix: `ldap(${path}): `,
    base: get('base'),
    scope: get('scope').toLowerCase() as SearchScope,
    blocking: isOn('blocking'),
  };
  return { get, isOn, isSet, search };
}

export function ldapSettings23(block: PassdbBlock, config: Config): LdapSettings {
  const { get, isOn, isSet, search } = common23(block, config);
  const bind = isOn('auth_bind');
  const { fields, attributes } = parsePassAttrs(get('pass_attrs'), bind ? 'password' : null);
  return {
    ...search,
    filter: get('pass_filter'),
    filterName: 'pass_filter',
    bind,
    bindUserdn: isSet('auth_bind_userdn') ? get('auth_bind_userdn') : null,
    defaultScheme: get('default_pass_scheme') || 'crypt',
    attributes,
    attrs: fields,
    // Dovecot 2.3.19.1 passdb-ldap.c: passdb_ldap_preinit
    cacheKey: get('base') + get('pass_attrs') + get('pass_filter'),
  };
}

/** Throws LdapStartError. */
export function ldapUserdbSettings23(block: UserdbBlock, config: Config): LdapUserdbSettings {
  const { get, search } = common23(block, config);
  const of = (attrs: string, filter: string): LdapSearchSettings => {
    const { fields, attributes } = parsePassAttrs(get(attrs), null);
    return { ...search, filter: get(filter), filterName: filter, attributes, attrs: fields };
  };
  return {
    ...of('user_attrs', 'user_filter'),
    iterate: of('iterate_attrs', 'iterate_filter'),
    iterateFields: [],
  };
}

/** What the settings around a 2.4 block say of the servers. Throws LdapStartError. */
function common24(block: DatabaseBlock, config: Config) {
  const get = (name: string): ByteString =>
    (block.setting(name) ?? config.effective.setting(name))?.text ?? '';
  const uris = get('ldap_uris');
  // Dovecot 2.4.1 db-ldap.c: db_ldap_init puts the addresses, here none, in front.
  if (uris === '') throw new LdapStartError(': ldap_uris not set');
  if (get('ldap_starttls') === 'yes' && Number(get('ldap_version')) < 3)
    throw new LdapStartError(`${uris}: ldap_starttls=yes requires ldap_version=3`);
  const servers = parseUris(uris);
  if (servers === null)
    throw new LdapStartError(`ldap(${uris}): ldap_initialize() failed: Bad parameter to an ldap routine`);
  const tls: LdapTls = {
    ca: get('ssl_client_ca_file'),
    certificate: get('ssl_client_cert_file'),
    key: get('ssl_client_key_file'),
    ciphers: get('ssl_cipher_list'),
    minProtocol: get('ssl_min_protocol'),
    verify: get('ssl_client_require_valid_cert') !== 'no',
  };
  const search = {
    target: {
      servers,
      label: uris,
      dn: get('ldap_auth_dn'),
      password: get('ldap_auth_dn_password'),
      startTls: get('ldap_starttls') === 'yes',
      tls,
      deref: (get('ldap_deref').toLowerCase() || 'never') as LdapTarget['deref'],
    },
    logPrefix: `ldap(${uris}): `,
    base: get('ldap_base'),
    scope: (get('ldap_scope').toLowerCase() || 'subtree') as SearchScope,
    attrs: [],
    blocking: block.useWorker,
  };
  return { get, search };
}

export function ldapSettings24(block: PassdbBlock, config: Config): LdapSettings {
  const { get, search } = common24(block, config);
  const bind = get('passdb_ldap_bind') === 'yes';
  return {
    ...search,
    filter: get('passdb_ldap_filter'),
    filterName: 'passdb_ldap_filter',
    bind,
    bindUserdn: get('passdb_ldap_bind_userdn') === '' ? null : get('passdb_ldap_bind_userdn'),
    defaultScheme: block.defaultPasswordScheme ?? 'crypt',
    attributes: attributesOf(bind ? block.fields.filter(({ name }) => name !== 'password') : block.fields),
    cacheKey: get('ldap_base') + get('passdb_ldap_filter'),
  };
}

/** Throws LdapStartError. */
export function ldapUserdbSettings24(block: UserdbBlock, config: Config): LdapUserdbSettings {
  const { get, search } = common24(block, config);
  const iterateFields = block.fieldTemplates('userdb_ldap_iterate_fields');
  return {
    ...search,
    filter: get('userdb_ldap_filter'),
    filterName: 'userdb_ldap_filter',
    attributes: attributesOf(block.fields),
    iterate: {
      ...search,
      filter: get('userdb_ldap_iterate_filter'),
      filterName: 'userdb_ldap_iterate_filter',
      attributes: attributesOf(iterateFields),
    },
    iterateFields,
  };
}

/** Attributes that `fields { }` name. Dovecot 2.4.1 db-ldap.c: db_ldap_get_attribute_names */
function attributesOf(fields: readonly FieldTemplate[]): ByteString[] {
  return fields.flatMap(({ value }) =>
    inspectTemplate('2.4', value)
      .variables.filter(({ prefix }) => prefix === 'ldap' || prefix === 'ldap_multi')
      .map(({ written }) => written.slice(written.indexOf(':') + 1)),
  );
}
