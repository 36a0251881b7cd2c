import type { ByteString } from '../../../../grammar/bytes.js';
import type { Version24 } from '../../../knowledge/versions.js';
import type { StructCheck } from './check-context.js';
import { checksOf245 } from './checks-of-2.4.5.js';
import { structChecks } from './struct-checks.js';

type Checks = ReadonlyMap<ByteString, StructCheck>;

let changed: Checks | undefined;

/** What a version checks of each struct after reading. */
export function structChecksOf(version: Version24): Checks {
  if (version === '2.4.1') return structChecks;
  changed ??= checksOf245();
  return changed;
}
