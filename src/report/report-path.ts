import { isAbsolute, normalize, relative } from 'node:path';

/** A file as services name it: relative to the folder of the run where it lies below it, with `/` between folders. */
export function reportPath(path: string, folder: string): string {
  const near = isAbsolute(path) ? relative(folder, path) : normalize(path);
  return near === '' || (isAbsolute(path) && near.startsWith('..')) ? path : near.replaceAll('\\', '/');
}
