import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

/**
 * Puts `after` in the place of `before`: a file beside it gets the text, the mode and the owner, and then the name.
 * Whoever reads sees the old file or the new one. Refused where the file is not `before` any more.
 */
export function replaceFile(path: string, before: Buffer, after: Buffer): void {
  // The file behind a symbolic link is replaced, not the link.
  const target = realpathSync(path);
  const beside = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  let isBeside = false;
  try {
    const stat = statSync(target);
    refuseChanged(path, target, before);
    const file = openSync(beside, 'wx', 0o600);
    isBeside = true;
    try {
      writeFileSync(file, after);
      const { uid, gid } = fstatSync(file);
      // The owner first: changing it takes set-user-ID bits away.
      if (uid !== stat.uid || gid !== stat.gid) fchownSync(file, stat.uid, stat.gid);
      fchmodSync(file, stat.mode & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    refuseChanged(path, target, before);
    renameSync(beside, target);
    isBeside = false;
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandFailure(`cannot replace ${path}, which stays as it is: ${reason}`, EXIT_USAGE);
  } finally {
    if (isBeside) rmSync(beside, { force: true });
  }
}

function refuseChanged(path: string, target: string, before: Buffer): void {
  if (!readFileSync(target).equals(before))
    throw new CommandFailure(`${path} changed meanwhile; it stays as it is`, EXIT_USAGE);
}
