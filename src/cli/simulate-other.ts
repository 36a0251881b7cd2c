import { dirname, resolve } from 'node:path';
import type { SimulateOptions } from './simulate-command.js';

/** The other configuration says itself which Dovecot it is for, unless it is told. */
export function otherOptions(path: string, { dovecot: _, ...options }: SimulateOptions): SimulateOptions {
  const { compareDovecot } = options;
  return {
    ...options,
    map: otherMaps(path, options),
    ...(compareDovecot === undefined ? {} : { dovecot: compareDovecot }),
  };
}

/** Paths of the other configuration: what was mapped to the folder of the first one lies beside the other one. */
function otherMaps(path: string, { config, map, compareMap }: SimulateOptions): SimulateOptions['map'] {
  if (compareMap.length > 0) return compareMap;
  const first = resolve(dirname(config));
  return map.map(({ from, to }) => (resolve(to) === first ? { from, to: dirname(path) } : { from, to }));
}
