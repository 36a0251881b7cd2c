import { type LoadedConfig, loadForDump, UnreadableMainFile } from '../config/load.js';
import { MappedFiles } from '../config/mapped-files.js';
import type { ConfigOptions } from './common-options.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import { nodeConfigHost } from './node-host.js';

/** Reads the configuration of a command; fails the command where the main file cannot be read. */
export function loadFor(path: string, options: ConfigOptions & { readonly resolve?: boolean }): LoadedConfig {
  const host = nodeConfigHost(options.resolve);
  if (host.isDirectory(path))
    throw new CommandFailure(
      `${path} is a directory; name the main file in it, such as ${path.replace(/\/+$/, '')}/dovecot.conf`,
      EXIT_USAGE,
    );
  try {
    return loadForDump({
      path,
      host,
      maps: options.map,
      lenient: options.lenient,
      ...(options.dovecot === undefined ? {} : { version: options.dovecot }),
    });
  } catch (error) {
    if (error instanceof UnreadableMainFile) throw new CommandFailure(error.message, EXIT_USAGE);
    throw error;
  }
}

/** Where a path is really read from. */
export function mappedPath(maps: ConfigOptions['map']): (path: string) => string {
  const files = new MappedFiles(nodeConfigHost(), maps);
  return (path) => files.realPath(path);
}
