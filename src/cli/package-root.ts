import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder with dvproxy's own package.json, from the sources as well as from the bundle. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
