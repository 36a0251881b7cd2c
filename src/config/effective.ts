import type { ByteString } from '../../grammar/bytes.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { Origin, Typed, Written } from './origin.js';

/** Which connection asks; absent members match no filter. Addresses as text without brackets. */
export interface ConnectionFilter {
  /** `imap`, `pop3`, `lmtp`, ...: the name that `protocol NAME { }` is compared with. */
  readonly protocol?: ByteString;
  readonly localIp?: string;
  readonly remoteIp?: string;
  /** TLS server name, for `local_name`. */
  readonly localName?: ByteString;
}

export type ResultRule =
  | 'return'
  | 'return-ok'
  | 'return-fail'
  | 'continue'
  | 'continue-ok'
  | 'continue-fail';

/** One `key = value` of default_fields, override_fields (2.3) or `fields { }` (2.4); `value` still holds variables. */
export interface FieldTemplate {
  readonly name: ByteString;
  readonly value: ByteString;
  readonly origin: Origin | null;
}

/** Common part of passdb and userdb blocks of both versions. */
export interface DatabaseBlock {
  /** 1-based position among the blocks of its kind, in evaluation order. Dovecot's `id` counts from 1 too. */
  readonly index: number;
  /** Section name; '' for an unnamed 2.3 block. Log lines use the driver's name then (auth-chain.md section 1.1). */
  readonly name: ByteString;
  readonly driver: ByteString;
  /** Where the block opens (its first one if merged). */
  readonly at: Origin;
  /** 2.3 `args`; '' in 2.4. */
  readonly args: Written;
  /** 2.3. */
  readonly defaultFields: readonly FieldTemplate[];
  /** 2.3. */
  readonly overrideFields: readonly FieldTemplate[];
  /** 2.4. Names keep their `:default` / `:remove` suffix. */
  readonly fields: readonly FieldTemplate[];
  /** 2.4; true in 2.3. */
  readonly fieldsImportAll: boolean;
  readonly resultSuccess: Typed<ResultRule>;
  readonly resultFailure: Typed<ResultRule>;
  readonly resultInternalfail: Typed<ResultRule>;
  /** 2.4. */
  readonly useCache: boolean;
  readonly useWorker: boolean;
  readonly authVerbose: boolean | null;
  /**
   * A 2.4 setting as this block sees it, by its full name (`passdb_sql_query`, `sqlite_path`, `passwd_file_path`);
   * null if there is no such setting. In 2.3 always null: drivers read `args` and the ext file.
   */
  setting(fullName: string): Written | null;
  /** Entries of a 2.4 list of fields as this block sees it (`userdb_ldap_iterate_fields`); none in 2.3. */
  fieldTemplates(fullName: string): readonly FieldTemplate[];
  /** 2.4 named list sections inside or around this block, e.g. `namedSections('mysql')` for the hosts, in order. */
  namedSections(kind: string): readonly NamedSection[];
}

export interface NamedSection {
  readonly name: ByteString;
  readonly at: Origin;
  setting(fullName: string): Written | null;
  stringList(fullName: string): ReadonlyMap<ByteString, ByteString>;
}

export interface PassdbBlock extends DatabaseBlock {
  readonly kind: 'passdb';
  readonly skip: Typed<'never' | 'authenticated' | 'unauthenticated'>;
  readonly deny: boolean;
  readonly master: boolean;
  /** 2.3 `pass = yes` (result_success is `continue` then); refused on the last passdb at start. */
  readonly pass?: boolean;
  /** Upper case; empty = all. 2.3 `none` and 2.4 `lookup` are kept as written in upper case. */
  readonly mechanisms: readonly ByteString[];
  /** Raw text of username_filter: the chain interprets it. */
  readonly usernameFilter: ByteString;
  /** 2.4 `passdb_default_password_scheme` where it is set or where a built-in filter default applies; else null. */
  readonly defaultPasswordScheme: ByteString | null;
}

export interface UserdbBlock extends DatabaseBlock {
  readonly kind: 'userdb';
  readonly skip: Typed<'never' | 'found' | 'notfound'>;
}

/** What the auth process works with. Which names exist depends on the version; the other version's are at rest. */
export interface AuthSettings {
  readonly version: DovecotVersion;
  readonly mechanisms: readonly ByteString[];
  readonly realms: readonly ByteString[];
  /** auth_default_realm (2.3) or auth_default_domain (2.4); '' = none. */
  readonly defaultDomain: ByteString;
  readonly usernameChars: ByteString;
  readonly usernameTranslation: ByteString;
  /** Expression with variables of the version's language. */
  readonly usernameFormat: ByteString;
  readonly masterUserSeparator: ByteString;
  readonly anonymousUsername: ByteString;
  /** IP addresses of auth_proxy_self. */
  readonly proxySelf: readonly string[];
  readonly cacheSize: number;
  readonly cacheTtl: number;
  readonly cacheNegativeTtl: number;
  readonly cacheVerifyPasswordWithWorker: boolean;
  /** Milliseconds. */
  readonly failureDelay: number;
  readonly internalFailureDelay: number;
  readonly verbose: boolean;
  readonly debug: boolean;
  /** log_debug asks for the debug lines of the auth process. */
  readonly debugEvents: boolean;
  readonly debugPasswords: boolean;
  readonly verbosePasswords: ByteString;
  readonly allowWeakSchemes: boolean;
  /** 2.3 `disable_plaintext_auth` inverted. */
  readonly allowCleartext: boolean;
  readonly passdbs: readonly PassdbBlock[];
  readonly userdbs: readonly UserdbBlock[];
}

/** TLS material: the text of a certificate, key or CA file is read by whoever serves it. */
export interface FileSetting {
  /** Path, already resolved against the configuration file's directory; null when `inline:` or nothing. */
  readonly path: string | null;
  /** Content given in the configuration itself. */
  readonly inline: ByteString | null;
  readonly origin: Origin | null;
}

/** Of both sides. */
export interface TlsCommonSettings {
  /** As Dovecot has them: `TLSv1.2`, ..., `ANY`, `LATEST`. */
  readonly minProtocol: ByteString;
  readonly cipherList: ByteString;
  readonly cipherSuites: ByteString;
  readonly curveList: ByteString;
  /** ssl_options without `no_ticket`. */
  readonly tickets: boolean;
}

export interface TlsServerSettings extends TlsCommonSettings {
  readonly mode: 'no' | 'yes' | 'required';
  readonly certificate: FileSetting | null;
  readonly key: FileSetting | null;
  readonly keyPassword: ByteString;
  readonly dhParameters: FileSetting | null;
  /** 2.3 ssl_ca, 2.4 ssl_server_ca_file. */
  readonly ca: FileSetting | null;
  readonly preferServerCiphers: boolean;
  readonly requestClientCertificate: boolean;
}

export interface TlsClientSettings extends TlsCommonSettings {
  /** Trust of the login proxy: 2.3 ssl_ca, 2.4 ssl_client_ca_file (proxy-protocol.md section 1.3). */
  readonly ca: FileSetting | null;
  readonly caDirectory: string | null;
  /** 2.3 ssl_client_ca_file: used by the LMTP proxy only. */
  readonly lmtpCa: FileSetting | null;
  readonly requireValidCertificate: boolean;
  readonly requireCrl: boolean;
  readonly certificate: FileSetting | null;
  readonly key: FileSetting | null;
}

/** What the login process of one protocol works with. */
export interface LoginSettings {
  readonly version: DovecotVersion;
  readonly greeting: ByteString;
  readonly hostname: ByteString;
  /** Networks as written (IP or CIDR). */
  readonly trustedNetworks: readonly string[];
  readonly sourceIps: readonly string[];
  /** Milliseconds. */
  readonly proxyTimeout: number;
  readonly proxyMaxReconnects: number;
  readonly proxyMaxDisconnectDelay: number;
  readonly logFormat: ByteString;
  readonly logFormatElements: ByteString;
  readonly authVerbose: boolean;
  readonly allowCleartext: boolean;
  readonly haproxyTrustedNetworks: readonly string[];
  readonly haproxyTimeout: number;
  /** 2.3: the setting's text ('' or `+X Y` or a whole list). 2.4: names with their on/off, null = untouched default. */
  readonly imapCapability:
    | { readonly text: ByteString }
    | { readonly entries: ReadonlyMap<ByteString, boolean>; readonly replaced: boolean };
  readonly imapIdSend: ReadonlyMap<ByteString, ByteString>;
  readonly imapIdRetain: boolean;
  readonly imapIdLog: ByteString;
  readonly imapLiteralMinus: boolean;
  readonly lmtpProxy: boolean;
  readonly tlsServer: TlsServerSettings;
  readonly tlsClient: TlsClientSettings;
}

/** One inet_listener of a login service (or lmtp), with its address list. */
export interface ListenerSettings {
  readonly service: ByteString;
  readonly name: ByteString;
  /** `imap`, `pop3`, `lmtp`, `submission`, `sieve`. */
  readonly protocol: ByteString;
  /** `*` and `::` as written. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Implicit TLS. */
  readonly ssl: boolean;
  readonly haproxy: boolean;
  readonly at: Origin | null;
}

export interface ServiceSettings {
  readonly name: ByteString;
  readonly protocol: ByteString;
  readonly clientLimit: number;
  readonly processLimit: number;
  readonly processMinAvail: number;
  /** service_count (2.3), restart_request_count (2.4). Infinity = unlimited. */
  readonly serviceCount: number;
  readonly vszLimit: number;
  readonly at: Origin | null;
}

/** 2.4 settings as somebody inside some filters sees them. */
export interface SettingsView {
  setting(fullName: string): Written | null;
  fieldTemplates(fullName: string): readonly FieldTemplate[];
  /** Names of the sections of a kind (`dict`), in order. */
  names(kind: ByteString): readonly ByteString[];
}

/** The whole configuration as programs ask for it. Nobody downstream parses a setting's string again. */
export interface EffectiveConfig {
  readonly version: DovecotVersion;
  /** Protocols that are switched on. */
  readonly protocols: readonly ByteString[];
  readonly baseDir: string;
  auth(filter?: ConnectionFilter): AuthSettings;
  login(filter: ConnectionFilter): LoginSettings;
  /** `login(filter).tlsServer` without the rest. */
  tlsServer(filter: ConnectionFilter): TlsServerSettings;
  /** Listeners of the protocols that are switched on, ports 0 left out. */
  listeners(): readonly ListenerSettings[];
  service(name: ByteString): ServiceSettings | null;
  /** `mode` of a `unix_listener` of a service; null: there is none of that name. */
  unixListenerMode(service: ByteString, name: ByteString): ByteString | null;
  /** A string list: `dict { }`, `plugin { }`; empty where nothing is set. */
  strings(name: string): ReadonlyMap<ByteString, Written>;
  /** 2.4 settings as they are inside named filters (`oauth2`, `oauth2_local_validation`); in 2.3 there are none. */
  inside(...names: readonly ByteString[]): SettingsView;
  /** Any global setting as text, for what has no typed place. */
  setting(name: string, filter?: ConnectionFilter): Written | null;
}
