import { posix } from 'node:path';
import type { ByteString } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import { resolvePath } from '../config/load-input.js';
import { isPackaged } from './config-walk.js';

/** Where files from outside of the main file's folder stand in the new tree. */
const OUTSIDE = 'outside';

/** The path in the new tree of a path as Dovecot names it. */
export function newPathOf(path: ByteString, main: Source): string {
  const folder = posix.dirname(main.path);
  const below = posix.relative(folder, path);
  const isBelow = below !== '..' && !below.startsWith('../') && !posix.isAbsolute(below);
  return isBelow ? below : posix.join(OUTSIDE, path);
}

/**
 * The pattern of an include in the new tree. Relative ones stay; absolute ones become relative, so that the tree can be
 * looked at before it is put in place. What belongs to a package, or matches nothing, stays where it is.
 */
export function newIncludePattern(
  pattern: ByteString,
  source: Source,
  main: Source,
  hasFiles: boolean,
): ByteString {
  const path = resolvePath(pattern, source);
  if (isPackaged(path)) return pattern;
  const target = newPathOf(path, main);
  if (target.startsWith(`${OUTSIDE}/`) && !hasFiles) return pattern;
  const from = posix.dirname(newPathOf(source.path, main));
  return posix.relative(from === '.' ? '' : from, target);
}
