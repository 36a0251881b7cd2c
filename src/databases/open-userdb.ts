import type { OpenUserdb, SystemId, UserdbDriver } from '../auth/userdb-driver.js';
import type { Config } from '../config/config.js';
import { seriesOf } from '../knowledge/versions.js';
import { importDriver } from './missing-library.js';
import type { Databases } from './open.js';
import { openPasswdFileUserdb } from './passwd-file-userdb.js';

export interface UserdbOptions {
  readonly config: Config;
  /** sql userdbs share the connections of the passdbs. */
  readonly databases: Databases;
  readonly systemId: SystemId;
  /** Where a path is really read from (`--map`). */
  readonly mapPath?: (path: string) => string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Names that Dovecot knows (auth-chain.md section 5), by series. */
const KNOWN = {
  '2.3': ['prefetch', 'static', 'passwd-file', 'sql', 'ldap', 'passwd', 'checkpassword', 'lua', 'dict'],
  '2.4': ['prefetch', 'static', 'passwd-file', 'sql', 'ldap', 'passwd', 'lua'],
} as const;

/** Opens userdbs by their driver's name. */
export function userdbOpener({ config, databases, systemId, mapPath, now }: UserdbOptions): OpenUserdb {
  const series = seriesOf(config.version);
  return async (block): Promise<UserdbDriver | null> => {
    const answered = await databases.fixtureUserdb(block);
    if (answered !== null) return answered;
    switch (block.driver) {
      case 'passwd-file':
        return openPasswdFileUserdb(block, { series, systemId, mapPath, now: now ?? Date.now });
      case 'sql': {
        const sql = await databases.openSqlUserdb(block);
        if (sql === null) return null;
        return {
          name: 'sql',
          blocking: sql.blocking,
          lookup: (context) => sql.lookupUser(context),
          iterate: (context) => sql.iterate(context),
          close: async () => {},
        };
      }
      case 'ldap':
        return databases.openLdapUserdb(block);
      case 'lua': {
        const { openLuaUserdb } = await importDriver('wasmoon', () => import('./lua/userdb.js'));
        return openLuaUserdb(block, config, mapPath ?? ((path) => path));
      }
      case 'passwd': {
        const { openPasswdUserdb } = await import('./passwd-userdb.js');
        return openPasswdUserdb(block, config, systemId);
      }
      default:
        if (series === '2.3' && block.driver === 'checkpassword') {
          const { openCheckpasswordUserdb } = await import('./checkpassword.js');
          return openCheckpasswordUserdb(block);
        }
        if (series === '2.3' && block.driver === 'dict') {
          const { openDictUserdb } = await import('./dict/drivers.js');
          return openDictUserdb(block, config, mapPath ?? ((path) => path));
        }
        if (!(KNOWN[series] as readonly string[]).includes(block.driver))
          throw new Error(`Unknown userdb driver '${block.driver}'`);
        return null;
    }
  };
}
