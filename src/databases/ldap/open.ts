import type { PassdbDriver } from '../../auth/driver.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import { seriesOf } from '../../knowledge/versions.js';
import { LdapPassdb } from './passdb.js';
import { ldapSettings23, ldapSettings24 } from './settings.js';

/** Opens an ldap passdb. Throws LdapStartError with Dovecot's `auth: Fatal: ` text. */
export async function openLdap(block: PassdbBlock, config: Config): Promise<PassdbDriver> {
  const series = seriesOf(config.version);
  const settings = series === '2.3' ? ldapSettings23(block, config) : ldapSettings24(block, config);
  return new LdapPassdb(series, block, settings);
}
