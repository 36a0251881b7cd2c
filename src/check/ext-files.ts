import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import type { AuthExtKind, DictMapKind, ExtFile } from '../config/ext-file.js';
import type { Origin } from '../config/origin.js';
import { seriesOf } from '../knowledge/versions.js';
import { allPassdbs, allUserdbs, oncePerConfig } from './chains.js';

const KINDS: ReadonlyMap<string, AuthExtKind> = new Map([
  ['sql', 'sql'],
  ['ldap', 'ldap'],
  ['oauth2', 'oauth2'],
  ['dict', 'dict'],
]);

/** Drivers of `dict { NAME = DRIVER:FILE }`. Dovecot 2.3.19.1 dict-sql.c, dict-ldap.c */
const DICT_KINDS: ReadonlyMap<string, DictMapKind> = new Map([
  ['mysql', 'dict-sql'],
  ['pgsql', 'dict-sql'],
  ['sqlite', 'dict-sql'],
  ['cassandra', 'dict-sql'],
  ['ldap', 'dict-ldap'],
]);

/** The 2.3 database file of a block; null where its driver has none or `args` is empty. */
export function extFileOf(block: PassdbBlock | UserdbBlock, config: Config): ExtFile | null {
  const kind = KINDS.get(block.driver);
  if (seriesOf(config.version) !== '2.3' || kind === undefined || block.args.text === '') return null;
  return config.extFile(block.args.text, kind);
}

export interface ExtFileUse {
  readonly ext: ExtFile;
  /** Where the file is first named. */
  readonly origin: Origin | null;
  /** What the program that reads it says before the file's own complaint. */
  readonly said: ByteString;
}

/** Every database file that passdbs, userdbs and dictionaries use, once each. */
export const extFileUses = oncePerConfig((config): readonly ExtFileUse[] => {
  const found = new Map<ExtFile, ExtFileUse>();
  for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
    const ext = extFileOf(block, config);
    if (ext !== null && !found.has(ext)) found.set(ext, { ext, origin: block.args.origin, said: '' });
  }
  if (seriesOf(config.version) === '2.3') {
    for (const [name, { text, origin }] of config.effective.strings('dict')) {
      const [, driver = '', path = ''] = /^([a-z]+):(\/.*)$/s.exec(text) ?? [];
      const kind = DICT_KINDS.get(driver);
      if (kind === undefined) continue;
      const ext = config.extFile(toUtf8(path), kind);
      // observed 2.3.19.1, service dict
      const said = `Failed to initialize dictionary '${name}': dict ${driver}: `;
      if (!found.has(ext)) found.set(ext, { ext, origin, said });
    }
  }
  return [...found.values()];
});

export function readExtFiles(config: Config): ExtFile[] {
  return extFileUses(config).map(({ ext }) => ext);
}
