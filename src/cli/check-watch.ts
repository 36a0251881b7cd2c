import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Editors write in several steps. */
const QUIET_MS = 100;

/**
 * Runs `look` now and again after each change in a folder of the files that it names, until the signal ends it. Folders
 * are watched, because editors put new files in the place of old ones.
 */
export async function watchFiles(look: () => readonly string[], signal: AbortSignal): Promise<void> {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(run, QUIET_MS);
  };
  const run = () => {
    for (const folder of new Set(look().map((file) => dirname(file)))) {
      if (watchers.has(folder)) continue;
      try {
        watchers.set(
          folder,
          watch(folder, again).on('error', () => watchers.delete(folder)),
        );
      } catch {
        // A folder that is not there (any more) has nothing to tell.
      }
    }
  };
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    else run();
  });
  clearTimeout(timer);
  for (const watcher of watchers.values()) watcher.close();
}
