import type { ByteString } from '../../../grammar/bytes.js';
import type { ConnectionFilter, EffectiveConfig } from '../../config/effective.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';

/** What a ManageSieve proxy says of itself before the login. */
export interface SieveSettings {
  readonly implementation: ByteString;
  readonly extensions: ByteString;
  readonly notifyMethods: ByteString;
}

/** Extensions of the default `sieve_extensions`, as `managesieve --dump-capability` names them. observed */
const DEFAULT_EXTENSIONS: Readonly<Record<Series, ByteString>> = {
  '2.3':
    'fileinto reject envelope encoded-character vacation subaddress comparator-i;ascii-numeric relational regex ' +
    'imap4flags copy include variables body enotify environment mailbox date index ihave duplicate mime ' +
    'foreverypart extracttext',
  '2.4':
    'fileinto reject envelope encoded-character vacation subaddress comparator-i;ascii-numeric relational regex ' +
    'imap4flags copy include body variables enotify environment mailbox date index ihave duplicate mime ' +
    'foreverypart extracttext',
};

export function sieveSettings(config: EffectiveConfig, filter: ConnectionFilter): SieveSettings {
  const text = (name: string, fallback: ByteString) => config.setting(name, filter)?.text || fallback;
  return {
    implementation: text('managesieve_implementation_string', 'Dovecot Pigeonhole'),
    extensions: text('managesieve_sieve_capability', DEFAULT_EXTENSIONS[seriesOf(config.version)]),
    notifyMethods: text('managesieve_notify_capability', 'mailto'),
  };
}
