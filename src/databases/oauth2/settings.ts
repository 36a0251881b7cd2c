import type { ByteString } from '../../../grammar/bytes.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';

/** An oauth2 database of either version, ready to be asked. Templates still hold variables. */
export interface Oauth2Settings {
  readonly series: Series;
  readonly tokeninfoUrl: ByteString;
  readonly grantUrl: ByteString;
  readonly introspectionUrl: ByteString;
  readonly mode: 'auth' | 'get' | 'post' | 'local';
  readonly scope: ByteString;
  readonly usernameFormat: ByteString;
  readonly usernameAttribute: ByteString;
  readonly activeAttribute: ByteString;
  readonly activeValue: ByteString;
  readonly clientId: ByteString;
  readonly clientSecret: ByteString;
  readonly issuers: readonly ByteString[];
  readonly fields: readonly (readonly [name: ByteString, template: ByteString | null])[];
  readonly keyDict: KeyDict | null;
  readonly forceIntrospection: boolean;
  readonly sendAuthHeaders: boolean;
  readonly useGrantPassword: boolean;
  /** Milliseconds; 0 = the default. */
  readonly timeout: number;
  readonly tls: {
    readonly ca: ByteString;
    readonly cert: ByteString;
    readonly key: ByteString;
    readonly verify: boolean;
  };
}

/** Where keys of local validation lie: `fs:posix:prefix=DIR/` or `file:PATH`. */
export type KeyDict =
  | { readonly kind: 'folder'; readonly prefix: ByteString }
  | { readonly kind: 'file'; readonly path: ByteString };

/** Throws an Error with Dovecot's `auth: Fatal: ` text. Dovecot 2.3.19.1 db-oauth2.c: db_oauth2_init */
export function oauth2Settings23(block: PassdbBlock, config: Config): Oauth2Settings {
  const path = block.args.text;
  const file = config.extFile(path, 'oauth2');
  const fatal = file.problems.find(({ severity, dovecot }) => severity === 'error' && dovecot !== null);
  if (fatal?.dovecot) {
    const text = fatal.dovecot.message;
    throw new Error(/^oauth2/.test(text) ? text : `oauth2 ${path}: ${text}`);
  }
  const get = (key: string): ByteString => file.get(key);
  const isOn = (key: string): boolean => get(key) === 'yes';
  const mode = (get('introspection_mode') || 'auth') as Oauth2Settings['mode'];
  return {
    series: '2.3',
    tokeninfoUrl: get('tokeninfo_url'),
    grantUrl: get('grant_url'),
    introspectionUrl: get('introspection_url'),
    mode,
    scope: get('scope'),
    usernameFormat: get('username_format'),
    usernameAttribute: get('username_attribute'),
    activeAttribute: get('active_attribute'),
    activeValue: get('active_value'),
    clientId: get('client_id'),
    clientSecret: get('client_secret'),
    issuers: get('issuers')
      .split(' ')
      .filter((issuer) => issuer !== ''),
    fields: get('pass_attrs')
      .split(/ +/)
      .filter((word) => word !== '')
      .map((word) => {
        const equals = word.indexOf('=');
        return equals === -1 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)];
      }),
    keyDict: mode === 'local' ? keyDict(get('local_validation_key_dict')) : null,
    forceIntrospection: isOn('force_introspection'),
    sendAuthHeaders: isOn('send_auth_headers'),
    useGrantPassword: isOn('use_grant_password'),
    timeout: Number(get('timeout_msecs')) || 0,
    tls: {
      ca: get('tls_ca_cert_file'),
      cert: get('tls_cert_file'),
      key: get('tls_key_file'),
      verify: !isOn('tls_allow_invalid_cert'),
    },
  };
}

function keyDict(uri: ByteString): KeyDict {
  const folder = /^fs:posix:(?:.*:)?prefix=([^:]*)/.exec(uri);
  if (folder !== null) return { kind: 'folder', prefix: folder[1] ?? '' };
  const file = /^file:([^ ]*)/.exec(uri);
  if (file !== null) return { kind: 'file', path: file[1] ?? '' };
  throw new Error(
    `dvproxy reads keys from fs:posix: and file: only, not from local_validation_key_dict = ${uri}`,
  );
}

/**
 * The one oauth2 database of a 2.4 configuration. `useGrantPassword`: a passdb's, which exchanges passwords for tokens;
 * else that of the mechanisms. Throws an Error with Dovecot's text. Dovecot 2.4.1 db-oauth2.c
 */
export function oauth2Settings24(config: Config, useGrantPassword: boolean): Oauth2Settings {
  const view = config.effective.inside('oauth2');
  const get = (name: string): ByteString => view.setting(name)?.text ?? '';
  const isOn = (name: string): boolean => get(name) === 'yes';
  const list = (name: string): ByteString[] =>
    get(name)
      .split(' ')
      .filter((word) => word !== '');
  const mode = get('oauth2_introspection_mode');
  if (mode === '') throw new Error('Missing oauth2_introspection_mode setting');
  return {
    series: '2.4',
    tokeninfoUrl: get('oauth2_tokeninfo_url'),
    grantUrl: get('oauth2_grant_url'),
    introspectionUrl: get('oauth2_introspection_url'),
    mode: mode as Oauth2Settings['mode'],
    scope: list('oauth2_scope').join(' '),
    usernameFormat: get('oauth2_username_validation_format'),
    usernameAttribute: get('oauth2_username_attribute'),
    activeAttribute: get('oauth2_active_attribute'),
    activeValue: get('oauth2_active_value'),
    clientId: get('oauth2_client_id'),
    clientSecret: get('oauth2_client_secret'),
    issuers: list('oauth2_issuers'),
    fields: view.fieldTemplates('oauth2_fields').map(({ name, value }) => [name, value]),
    keyDict: mode === 'local' ? keyDict24(config) : null,
    forceIntrospection: isOn('oauth2_force_introspection'),
    sendAuthHeaders: isOn('oauth2_send_auth_headers'),
    useGrantPassword,
    timeout: 0,
    tls: {
      ca: get('ssl_client_ca_file'),
      cert: get('ssl_client_cert_file'),
      key: get('ssl_client_key_file'),
      verify: get('ssl_client_require_valid_cert') !== 'no',
    },
  };
}

/** `oauth2_local_validation { dict fs { fs posix { prefix = DIR/ } } }`, or a dict file. */
function keyDict24(config: Config): KeyDict {
  const inside = 'oauth2_local_validation';
  const [dict] = config.effective.inside(inside).names('dict');
  const of = (...names: readonly ByteString[]) => config.effective.inside(inside, ...names);
  const driver = dict === undefined ? '' : of(`dict/${dict}`).setting('dict_driver')?.text || dict;
  if (dict !== undefined && driver === 'file')
    return { kind: 'file', path: of(`dict/${dict}`).setting('dict_file_path')?.text ?? '' };
  const [fs] = dict === undefined ? [] : of(`dict/${dict}`).names('fs');
  if (driver === 'fs' && fs !== undefined) {
    const view = of(`dict/${dict}`, `fs/${fs}`);
    if ((view.setting('fs_driver')?.text || fs) === 'posix')
      return { kind: 'folder', prefix: view.setting('fs_posix_prefix')?.text ?? '' };
  }
  throw new Error(
    'dvproxy reads keys from a dict of kind file, or fs with fs posix, only, not from what oauth2_local_validation has',
  );
}
