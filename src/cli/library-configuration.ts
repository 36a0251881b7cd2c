import type { Config } from '../config/config.js';
import { loadConfig as load } from '../config/load.js';
import { type DovecotVersion, parseVersion } from '../knowledge/versions.js';
import { nodeConfigHost } from './node-host.js';

export interface LoadOptions {
  /** `2.3`, `2.4` or exact; left out: what the file says. */
  readonly dovecot?: string;
  /** Paths that are read from elsewhere: `{ '/etc/dovecot': './conf' }`. */
  readonly map?: Readonly<Record<string, string>>;
  /** Go on after an error that Dovecot refuses. */
  readonly lenient?: boolean;
}

/** A configuration that was read, with how its paths are read. */
export interface LoadedConfiguration {
  readonly dovecot: DovecotVersion;
  /** What Dovecot says when it refuses the configuration; null: it starts. */
  readonly refusal: string | null;
  readonly config: Config;
  readonly options: LoadOptions;
}

/** Reads a main file with its includes. Throws `UnreadableMainFile`; everything else is for `check` to say. */
export function loadConfig(path: string, options: LoadOptions = {}): LoadedConfiguration {
  const version = options.dovecot === undefined ? null : parseVersion(options.dovecot);
  if (options.dovecot !== undefined && version === null)
    throw new RangeError(`unknown Dovecot version ${options.dovecot}: there are 2.3 and 2.4`);
  const config = load({
    path,
    host: nodeConfigHost(),
    maps: mapsOf(options),
    lenient: options.lenient === true,
    ...(version === null ? {} : { version }),
  });
  const { refusal } = config;
  const words = refusal === null ? null : (refusal.dovecot?.message ?? refusal.message);
  return { dovecot: config.version, refusal: words, config, options };
}

/** `--map` as the commands have it. */
export function mapsOf({ map = {} }: LoadOptions) {
  return Object.entries(map).map(([from, to]) => ({ from, to }));
}
