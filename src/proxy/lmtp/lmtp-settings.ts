import type { ByteString } from '../../../grammar/bytes.js';
import type { ConnectionFilter, EffectiveConfig } from '../../config/effective.js';
import type { DovecotVersion } from '../../knowledge/versions.js';

/** What an LMTP session works with. */
export interface LmtpSettings {
  readonly version: DovecotVersion;
  /** '' = the machine's. */
  readonly hostname: ByteString;
  readonly greeting: ByteString;
  readonly trustedNetworks: readonly string[];
  readonly tlsMode: 'no' | 'yes' | 'required';
  /** lmtp_proxy: off, no recipient is looked up in the passdbs. */
  readonly proxy: boolean;
  /** lmtp_add_received_header */
  readonly addReceivedHeader: boolean;
  /** lmtp_verbose_replies */
  readonly verboseReplies: boolean;
  /** lmtp_hdr_delivery_address */
  readonly deliveryAddress: 'none' | 'final' | 'original';
  readonly recipientDelimiter: ByteString;
  /** lmtp_client_workarounds */
  readonly whitespaceBeforePath: boolean;
  readonly mailboxForPath: boolean;
  /** mail_utf8_extensions */
  readonly utf8Extensions: boolean;
  /** mail_temp_dir: where messages wait that are too long for memory. */
  readonly temporaryFolder: string;
}

export function lmtpSettings(config: EffectiveConfig, filter: ConnectionFilter): LmtpSettings {
  const login = config.login(filter);
  const text = (name: string) => config.setting(name, filter)?.text ?? '';
  const isOn = (name: string) => /^(y|1)/i.test(text(name));
  const workarounds = text('lmtp_client_workarounds').toLowerCase().split(/[ ,]+/);
  const address = text('lmtp_hdr_delivery_address');
  return {
    version: config.version,
    hostname: login.hostname,
    greeting: login.greeting,
    trustedNetworks: login.trustedNetworks,
    // Dovecot lmtp-client.c master_service_ssl_is_enabled: of the process, not of the client; observed
    tlsMode: config.login({ protocol: 'lmtp' }).tlsServer.mode,
    proxy: login.lmtpProxy,
    addReceivedHeader: isOn('lmtp_add_received_header'),
    verboseReplies: isOn('lmtp_verbose_replies'),
    deliveryAddress: address === 'none' || address === 'original' ? address : 'final',
    recipientDelimiter: text('recipient_delimiter'),
    whitespaceBeforePath: workarounds.includes('whitespace-before-path'),
    mailboxForPath: workarounds.includes('mailbox-for-path'),
    utf8Extensions: isOn('mail_utf8_extensions'),
    temporaryFolder: text('mail_temp_dir') || '/tmp',
  };
}
