import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { MigratedFile, Migration } from '../migrate/migrate.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

/**
 * Writes the new files below a folder, with the modes and owners of the old ones. All or nothing: where one of them
 * exists already nothing is written, where one cannot be written those before it are taken away again.
 */
export function writeMigration(
  { files }: Migration,
  folder: string,
): { readonly warnings: readonly string[] } {
  const targets = files.map((file) => ({ file, path: join(folder, file.path) }));
  for (const { path } of targets)
    if (exists(path)) throw new CommandFailure(`${path} exists already; nothing was written`, EXIT_USAGE);
  const warnings: string[] = [];
  const made: string[] = [];
  try {
    for (const { file, path } of targets) {
      makeFolder(dirname(path), made);
      made.push(path);
      writeOne(file, path, warnings);
    }
  } catch (error) {
    for (const path of made.reverse()) rmSync(path, { force: true, recursive: true });
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandFailure(`cannot write to ${folder}, nothing was left there: ${reason}`, EXIT_USAGE);
  }
  return { warnings };
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    // What else is wrong with the path is told when it is written.
    return false;
  }
}

/** Folders that are not there yet; they are noted, outermost first. */
function makeFolder(path: string, made: string[]): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path), made);
  mkdirSync(path, { mode: 0o755 });
  made.push(path);
}

function writeOne({ source, from, text }: MigratedFile, path: string, warnings: string[]): void {
  const stats = [source.realPath, ...from].map((name) => statSync(name, { throwIfNoEntry: false }));
  const known = stats.filter((stat): stat is Stats => stat !== undefined);
  // Text of several files is as private as the most private of them.
  const mode = known.reduce((bits, stat) => bits & stat.mode, 0o7777);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, Buffer.from(text, 'latin1'));
    const owner = known[0];
    const mine = fstatSync(file);
    if (owner !== undefined && (owner.uid !== mine.uid || owner.gid !== mine.gid)) {
      try {
        fchownSync(file, owner.uid, owner.gid);
      } catch {
        warnings.push(`${path} belongs to you, not to ${owner.uid}:${owner.gid} as ${source.realPath} does`);
      }
    }
    fchmodSync(file, known.length === 0 ? 0o600 : mode & 0o7777);
  } finally {
    closeSync(file);
  }
}
