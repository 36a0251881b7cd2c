import type { ByteString } from '../../../grammar/bytes.js';
import type { Version23 } from '../../knowledge/versions.js';
import type { LoginSettings, TlsClientSettings, TlsServerSettings } from '../effective.js';
import { tlsCommonSettings } from '../tls-common.js';
import type { View } from './view.js';

/** What the login process of one connection is told. */
export function readLogin(
  version: Version23,
  view: View,
  isLmtp: boolean,
  tlsServer: TlsServerSettings,
): LoginSettings {
  return {
    version,
    greeting: view.text('login_greeting'),
    hostname: view.text('hostname'),
    trustedNetworks: words(view.text('login_trusted_networks')),
    sourceIps: words(view.text('login_source_ips')),
    proxyTimeout: view.time('login_proxy_timeout'),
    proxyMaxReconnects: view.number('login_proxy_max_reconnects'),
    proxyMaxDisconnectDelay: view.time('login_proxy_max_disconnect_delay'),
    logFormat: view.text('login_log_format'),
    logFormatElements: view.text('login_log_format_elements'),
    authVerbose: view.boolean('auth_verbose'),
    allowCleartext: !view.boolean('disable_plaintext_auth'),
    haproxyTrustedNetworks: words(view.text('haproxy_trusted_networks')),
    haproxyTimeout: view.time('haproxy_timeout'),
    imapCapability: { text: view.text('imap_capability') },
    imapIdSend: idPairs(view.text('imap_id_send')),
    imapIdRetain: view.boolean('imap_id_retain'),
    imapIdLog: view.text('imap_id_log'),
    imapLiteralMinus: view.boolean('imap_literal_minus'),
    lmtpProxy: view.boolean('lmtp_proxy'),
    tlsServer,
    tlsClient: tlsClient(view, isLmtp),
  };
}

export function readTlsServer(view: View): TlsServerSettings {
  const mode = view.text('ssl');
  return {
    mode: mode === 'no' || mode === 'required' ? mode : 'yes',
    certificate: view.file('ssl_cert'),
    key: view.file('ssl_key'),
    keyPassword: view.text('ssl_key_password'),
    dhParameters: view.file('ssl_dh'),
    ca: view.file('ssl_ca'),
    ...tlsCommonSettings((setting) => view.text(setting)),
    preferServerCiphers: view.boolean('ssl_prefer_server_ciphers'),
    requestClientCertificate: view.boolean('ssl_verify_client_cert'),
  };
}

function tlsClient(view: View, isLmtp: boolean): TlsClientSettings {
  const lmtpCa = view.path('ssl_client_ca_file');
  return {
    ca: isLmtp ? lmtpCa : view.file('ssl_ca'),
    caDirectory: view.text('ssl_client_ca_dir') || null,
    lmtpCa,
    requireValidCertificate: view.boolean('ssl_client_require_valid_cert'),
    requireCrl: view.boolean('ssl_require_crl'),
    certificate: view.file('ssl_client_cert'),
    key: view.file('ssl_client_key'),
    ...tlsCommonSettings((setting) => view.text(setting)),
  };
}

/** `imap_id_send = name * version 1.0`: pairs of words; `*` stands for Dovecot's own value. */
function idPairs(text: ByteString): Map<ByteString, ByteString> {
  const pairs = new Map<ByteString, ByteString>();
  const parts = words(text);
  for (let at = 0; at + 1 < parts.length; at += 2) pairs.set(parts[at] ?? '', parts[at + 1] ?? '');
  return pairs;
}

function words(text: ByteString): ByteString[] {
  return text.split(/[ ,]+/).filter((word) => word !== '');
}
