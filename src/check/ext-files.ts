import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import type { ExtFile, ExtKind } from '../config/ext-file.js';
import { seriesOf } from '../knowledge/versions.js';
import { allPassdbs, allUserdbs } from './chains.js';

const KINDS: Readonly<Record<string, ExtKind>> = { sql: 'sql', ldap: 'ldap', oauth2: 'oauth2', dict: 'dict' };

/** The 2.3 database file of a block; null where its driver has none or `args` is empty. */
export function extFileOf(block: PassdbBlock | UserdbBlock, config: Config): ExtFile | null {
  const kind = KINDS[block.driver];
  if (seriesOf(config.version) !== '2.3' || kind === undefined || block.args.text === '') return null;
  return config.extFile(block.args.text, kind);
}

/** Every database file that the passdbs and userdbs use, once each, with the first block that uses it. */
export function extFileUses(config: Config): { ext: ExtFile; block: PassdbBlock | UserdbBlock }[] {
  const found = new Map<ExtFile, PassdbBlock | UserdbBlock>();
  for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
    const ext = extFileOf(block, config);
    if (ext !== null && !found.has(ext)) found.set(ext, block);
  }
  return [...found].map(([ext, block]) => ({ ext, block }));
}

export function readExtFiles(config: Config): ExtFile[] {
  return extFileUses(config).map(({ ext }) => ext);
}
