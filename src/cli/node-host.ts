import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import type { ByteString } from '../../grammar/bytes.js';
import { expandBraces, globPattern } from '../config/glob-pattern.js';
import type { ConfigHost } from '../config/host.js';
import { dnsLookup } from './dns-lookup.js';

/** The machine's own files and environment; `resolve`: its DNS, too. */
export function nodeConfigHost(resolve = false): ConfigHost {
  return {
    readFile,
    glob: (pattern) => expandBraces(pattern).flatMap(globOne),
    isDirectory: (path) => statOf(path)?.isDirectory() === true,
    environment: process.env,
    ...(resolve ? { lookUp: dnsLookup } : {}),
  };
}

/** Most files are ASCII, and Node reads those fastest as text. */
function readFile(path: string): Buffer | ByteString {
  const text = readFileSync(path, 'utf8');
  return Buffer.byteLength(text) === text.length ? text : readFileSync(path);
}

/** glob(3) of one pattern without braces: sorted by bytes; a pattern without wildcards matches itself if it exists. */
function globOne(pattern: string): string[] {
  if (pattern === '') return [];
  const parts = pattern.split('/');
  let found = [pattern.startsWith('/') ? '/' : ''];
  const names = parts.filter((part, index) => part !== '' || index === parts.length - 1);
  for (const [index, name] of names.entries()) {
    const last = index === names.length - 1;
    if (name === '') continue;
    const matcher = globPattern(name);
    found = found.flatMap((base) => {
      if (typeof matcher === 'string') {
        const path = base + matcher;
        // Whether a folder on the way exists shows in what it holds.
        if (!last) return [`${path}/`];
        return statOf(path) !== undefined || dangling(base, matcher) ? [path] : [];
      }
      return sortedByBytes(entries(base === '' ? '.' : base).filter((entry) => matcher.test(entry)))
        .filter((entry) => last || statOf(base + entry)?.isDirectory() === true)
        .map((entry) => base + entry + (last ? '' : '/'));
    });
  }
  if (names.at(-1) === '' && names.length > 1) found = found.filter((path) => statOf(path)?.isDirectory());
  return found;
}

/** undefined: it is not there, or cannot be (a name of any length may be asked for). */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function entries(folder: string): string[] {
  try {
    return ['.', '..', ...readdirSync(folder)];
  } catch {
    return [];
  }
}

function dangling(folder: string, name: string): boolean {
  return entries(folder === '' ? '.' : folder).includes(name);
}

/** UTF-16 and UTF-8 sort alike except where there are surrogates. */
function sortedByBytes(names: string[]): string[] {
  return names.some((name) => /[\ud800-\udfff]/.test(name)) ? names.sort(byteOrder) : names.sort();
}

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
