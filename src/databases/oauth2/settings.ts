import type { ByteString } from '../../../grammar/bytes.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';

/** An oauth2 passdb of 2.3, ready to be asked. Templates still hold variables. */
export interface Oauth2Settings {
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
export function oauth2Settings(block: PassdbBlock, config: Config): Oauth2Settings {
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
