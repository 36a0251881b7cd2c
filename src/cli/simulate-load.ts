import { toUtf8 } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import { loadConfig, UnreadableMainFile } from '../config/load.js';
import { MappedFiles } from '../config/mapped-files.js';
import type { ConfigOptions } from './common-options.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import { nodeConfigHost } from './node-host.js';

export function loadFor(path: string, options: ConfigOptions): Config {
  const host = nodeConfigHost();
  if (host.isDirectory(path))
    throw new CommandFailure(
      `${path} is a directory; name the main file in it, such as ${path.replace(/\/+$/, '')}/dovecot.conf`,
      EXIT_USAGE,
    );
  try {
    return loadConfig({
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

/** What Dovecot says when it refuses the configuration; null: it accepts it, or `--lenient` goes past it. */
export function refusalOf(config: Config, lenient: boolean): string | null {
  const { refusal } = config;
  if (refusal === null || lenient) return null;
  const words = refusal.dovecot?.message ?? refusal.message;
  // Checks behind the reading name the main file.
  const head =
    refusal.kind === 'failed-check' && !words.startsWith('Error in configuration file')
      ? `Error in configuration file ${config.main.path}: `
      : '';
  return `doveconf: Fatal: ${toUtf8(head + words)}`;
}

/** Where a path is really read from. */
export function mappedPath(maps: ConfigOptions['map']): (path: string) => string {
  const files = new MappedFiles(nodeConfigHost(), maps);
  return (path) => files.realPath(path);
}
