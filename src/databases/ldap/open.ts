import type { PassdbDriver } from '../../auth/driver.js';
import type { UserdbDriver } from '../../auth/userdb-driver.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { seriesOf } from '../../knowledge/versions.js';
import type { LdapDirectory } from './directory.js';
import { LdapPassdb } from './passdb.js';
import { LdapPool } from './pool.js';
import { ldapSettings23, ldapSettings24, ldapUserdbSettings23, ldapUserdbSettings24 } from './settings.js';
import type { LdapTarget } from './target.js';
import { LdapUserdb } from './userdb.js';

/** Where the entries come from; the servers of the settings unless a fixture stands for them. */
export type OpenDirectory = (target: LdapTarget) => LdapDirectory;

export const openServers: OpenDirectory = (target) => new LdapPool(target);

/** Opens an ldap passdb. Throws LdapStartError with Dovecot's `auth: Fatal: ` text. */
export function openLdap(block: PassdbBlock, config: Config, openDirectory: OpenDirectory): PassdbDriver {
  const series = seriesOf(config.version);
  const settings = series === '2.3' ? ldapSettings23(block, config) : ldapSettings24(block, config);
  return new LdapPassdb(series, block, settings, openDirectory(settings.target));
}

/** Opens an ldap userdb. Throws as openLdap does. */
export function openLdapUserdb(
  block: UserdbBlock,
  config: Config,
  openDirectory: OpenDirectory,
): UserdbDriver {
  const series = seriesOf(config.version);
  const settings =
    series === '2.3' ? ldapUserdbSettings23(block, config) : ldapUserdbSettings24(block, config);
  return new LdapUserdb(series, block, settings, openDirectory(settings.target));
}
