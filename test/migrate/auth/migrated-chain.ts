import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chain, openChain } from '../../../src/auth/chain.js';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import { loadConfig } from '../../../src/config/load.js';
import { createDatabases } from '../../../src/databases/open.js';
import { type Migration, migrate } from '../../../src/migrate/migrate.js';
import { type CaseFolder, SYSTEM } from '../../auth/case-chain.js';

export interface MigratedChain {
  readonly migration: Migration;
  /** Folder with the new files and all that the old ones name. */
  readonly path: string;
  open(): Promise<{ readonly chain: Chain; close(): Promise<void> }>;
  remove(): void;
}

/** The 2.4 form of a recorded 2.3 configuration, in a folder of its own below `parent`. `shown`: the folder as Dovecot names it. */
export function migratedChain(
  old: CaseFolder,
  parent: string = tmpdir(),
  shown: (path: string) => string = (path) => path,
): MigratedChain {
  const host = nodeConfigHost();
  const migration = migrate(old.load(), { target: '2.4.1', host });
  const path = mkdtempSync(join(parent, 'dvproxy-migrated-'));
  cpSync(old.path, path, { recursive: true });
  for (const file of migration.files) {
    const text = file.text.replaceAll(old.path, shown(path));
    writeFileSync(join(path, file.path), Buffer.from(text, 'latin1'));
  }
  return {
    migration,
    path,
    async open() {
      const config = loadConfig({ path: join(path, 'dovecot.conf'), host });
      if (config.refusal !== null) throw new Error(`${config.refusal.message}\n${migration.files[0]?.text}`);
      const databases = createDatabases({ config });
      const chain = await openChain({
        settings: config.effective.auth({ protocol: 'doveadm' }),
        open: databases.openPassdb,
        system: SYSTEM,
        resolve: async () => ({ kind: 'failed', message: 'no name is looked up here' }),
      });
      return {
        chain,
        async close() {
          await chain.close();
          await databases.close();
        },
      };
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
