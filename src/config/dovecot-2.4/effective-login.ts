import type { ByteString } from '../../../grammar/bytes.js';
import type { Source } from '../../../grammar/source.js';
import type { FileSetting, LoginSettings, TlsClientSettings, TlsServerSettings } from '../effective.js';
import { resolvePath } from '../load-input.js';
import { tlsCommonSettings } from '../tls-common.js';
import type { Scope } from './scope.js';

/** A `file` setting: a path (against the directory of the file that names it), or `inline:` text. */
function fileSetting(scope: Scope, name: ByteString, main: Source): FileSetting | null {
  const written = scope.written(name);
  if (written === null || written.text === '') return null;
  const { text, origin } = written;
  if (text.startsWith('\n')) return { path: null, inline: text.slice(1), origin };
  return { path: resolvePath(text.split('\n', 1)[0] ?? '', origin?.source ?? main), inline: null, origin };
}

/** `scope`: with the named filter `ssl_server` in force. */
export function readTlsServer(scope: Scope, main: Source): TlsServerSettings {
  const mode = scope.text('ssl');
  return {
    mode: mode === 'no' || mode === 'required' ? mode : 'yes',
    certificate: fileSetting(scope, 'ssl_server_cert_file', main),
    key: fileSetting(scope, 'ssl_server_key_file', main),
    keyPassword: scope.text('ssl_server_key_password'),
    dhParameters: fileSetting(scope, 'ssl_server_dh_file', main),
    ca: fileSetting(scope, 'ssl_server_ca_file', main),
    ...tlsCommonSettings((setting) => scope.text(setting)),
    preferServerCiphers: scope.text('ssl_server_prefer_ciphers') === 'server',
    requestClientCertificate: scope.boolean('ssl_server_request_client_cert'),
  };
}

function tlsClient(scope: Scope, main: Source): TlsClientSettings {
  return {
    ca: fileSetting(scope, 'ssl_client_ca_file', main),
    caDirectory: scope.text('ssl_client_ca_dir') || null,
    lmtpCa: null,
    requireValidCertificate: scope.boolean('ssl_client_require_valid_cert'),
    // ssl_server_require_crl is for certificates of clients. Dovecot 2.4.1 lib-ssl-iostream/ssl-settings.c
    requireCrl: false,
    certificate: fileSetting(scope, 'ssl_client_cert_file', main),
    key: fileSetting(scope, 'ssl_client_key_file', main),
    ...tlsCommonSettings((setting) => scope.text(setting)),
  };
}

function words(text: ByteString): string[] {
  return text.split(/[ ,]+/).filter((word) => word !== '');
}

/** Settings of the login process of one connection; `scopeOf` gives them with named filters in force. */
export function readLogin(
  scopeOf: (...names: readonly ByteString[]) => Scope,
  main: Source,
  tlsServer: TlsServerSettings,
): LoginSettings {
  const scope = scopeOf();
  const capability = new Map(
    [...scope.strings('imap_capability')].map(([name, { text }]) => [name, text !== 'no'] as const),
  );
  return {
    version: scope.table.version,
    greeting: scope.text('login_greeting'),
    hostname: scope.text('hostname'),
    trustedNetworks: scope.list('login_trusted_networks'),
    sourceIps: scope.list('login_source_ips'),
    proxyTimeout: scope.time('login_proxy_timeout'),
    proxyMaxReconnects: scope.number('login_proxy_max_reconnects'),
    proxyMaxDisconnectDelay: scope.time('login_proxy_max_disconnect_delay'),
    logFormat: scope.text('login_log_format'),
    logFormatElements: scope.text('login_log_format_elements'),
    authVerbose: scope.boolean('auth_verbose'),
    allowCleartext: scope.boolean('auth_allow_cleartext'),
    haproxyTrustedNetworks: words(scope.text('haproxy_trusted_networks')),
    haproxyTimeout: scope.time('haproxy_timeout'),
    imapCapability: { entries: capability, replaced: scope.isReplaced('imap_capability') },
    imapIdSend: new Map([...scope.strings('imap_id_send')].map(([name, { text }]) => [name, text] as const)),
    imapIdRetain: scope.boolean('imap_id_retain'),
    imapIdLog: '',
    imapLiteralMinus: scope.boolean('imap_literal_minus'),
    lmtpProxy: scope.boolean('lmtp_proxy'),
    tlsServer,
    tlsClient: tlsClient(scopeOf('ssl_client'), main),
  };
}
