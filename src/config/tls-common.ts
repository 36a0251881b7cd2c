import type { ByteString } from '../../grammar/bytes.js';
import type { TlsCommonSettings } from './effective.js';

/** What clients and backends share of TLS; `text` gives a setting. Dovecot 2.3.19.1 master-service-ssl-settings.c, 2.4.1 ssl-settings.c */
export function tlsCommonSettings(text: (setting: string) => ByteString): TlsCommonSettings {
  const options = text('ssl_options').toLowerCase().split(/[ ,]+/);
  return {
    minProtocol: text('ssl_min_protocol'),
    cipherList: text('ssl_cipher_list'),
    cipherSuites: text('ssl_cipher_suites'),
    curveList: text('ssl_curve_list'),
    tickets: !options.includes('no_ticket'),
  };
}
