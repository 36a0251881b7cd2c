import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import { allPassdbs, allUserdbs, headOf } from './chains.js';
import type { DatabaseAnswer } from './database-answers.js';
import { extFileOf } from './ext-files.js';
import { placeOfValue } from './value-text.js';

/** Where the setting stands that a database was asked about; the block where it has a default, null where that is gone. */
export function writtenFor(config: Config, { block: number, setting }: DatabaseAnswer): Place | null {
  const block = [...allPassdbs(config), ...allUserdbs(config)][number];
  if (block === undefined) return null;
  const ext = extFileOf(block, config);
  const names = setting === 'uris' ? ['uris', 'hosts'] : [setting];
  for (const name of names) {
    const written = ext === null ? block.setting(name) : (ext.values.get(name) ?? null);
    if (written !== null && written.origin !== null) return placeOfValue(written.origin);
  }
  return headOf(block);
}
