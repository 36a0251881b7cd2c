import { lstatSync, readFileSync, statSync } from 'node:fs';
import type { FileLook, FileProbe } from '../check/file-probe.js';
import type { ConfigOptions } from './common-options.js';

/** The machine's files under `--map`. */
export function nodeFileProbe(maps: ConfigOptions['map']): FileProbe {
  return {
    look: (path) => look(mappedPath(path, maps)),
    isMapped: (path) => mappedPath(path, maps) !== path,
  };
}

/** Where a path is really read from. */
export function mappedPath(path: string, maps: ConfigOptions['map']): string {
  for (const { from, to } of maps) {
    if (path === from) return to;
    if (path.startsWith(from === '/' ? '/' : `${from}/`))
      return to + path.slice(from === '/' ? 0 : from.length);
  }
  return path;
}

function look(path: string): FileLook {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return { kind: 'directory' };
    return { kind: 'file', realPath: path, mode: stat.mode & 0o7777, read: () => readFileSync(path) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'EIO';
    return code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false }) === undefined
      ? { kind: 'missing' }
      : { kind: 'unreadable', code };
  }
}
