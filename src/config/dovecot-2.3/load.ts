import { isVersion23 } from '../../knowledge/versions.js';
import type { LoadInput, LoadResult } from '../load-input.js';
import { checkSettings } from './checks/check-settings.js';
import { dump23 } from './dumper.js';
import { EffectiveSettings } from './effective-settings.js';
import { filterQuery } from './filter-query.js';
import { Layer } from './layer.js';
import { Reading } from './reading.js';
import { settingsTable } from './settings-table.js';

/** Reads a 2.3 configuration: all its problems, its effective settings and its printed form. */
export function load23(input: LoadInput): LoadResult {
  const { version } = input;
  if (!isVersion23(version)) throw new Error(`${version} is no 2.3`);
  const table = settingsTable(version);
  const reading = new Reading(input, table);
  reading.read();
  const checked = checkSettings(reading.layers, input.main, input.modules ?? [], version);
  return {
    problems: [...reading.problems, ...checked],
    readings: reading.readings,
    effective: new EffectiveSettings(version, reading.layers, input.main),
    wrongFilter: (filters) => {
      const query = filterQuery(filters, input.host.lookUp);
      return typeof query === 'string' ? query : null;
    },
    dump: (options) =>
      dump23(
        options.scope === 'defaults' ? [new Layer(table)] : reading.layers,
        version,
        options,
        input.host.lookUp,
      ),
  };
}
