import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expandBraces, globPattern } from '../config/glob-pattern.js';
import type { ConfigHost } from '../config/host.js';
import { dnsLookup } from './dns-lookup.js';

/** The machine's own files and environment; `resolve`: its DNS, too. */
export function nodeConfigHost(resolve = false): ConfigHost {
  return {
    readFile: (path) => readFileSync(path),
    glob: (pattern) => expandBraces(pattern).flatMap(globOne),
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
    environment: process.env,
    ...(resolve ? { lookUp: dnsLookup } : {}),
  };
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
        const stat = statSync(path, { throwIfNoEntry: false });
        const exists = stat !== undefined || (last && dangling(base, matcher));
        return exists ? [last ? path : `${path}/`] : [];
      }
      return entries(base === '' ? '.' : base)
        .filter((entry) => matcher.test(entry))
        .sort(byteOrder)
        .filter((entry) => last || statSync(base + entry, { throwIfNoEntry: false })?.isDirectory() === true)
        .map((entry) => base + entry + (last ? '' : '/'));
    });
  }
  if (names.at(-1) === '' && names.length > 1)
    found = found.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
  return found;
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

function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
