import type { Diagnostic } from './diagnostic.js';

/**
 * Each finding once: of those in one file that start at one offset, the first with a key; all that have none. Keys are
 * made only where several start.
 */
export function distinctFindings(
  diagnostics: readonly Diagnostic[],
  keyOf: (diagnostic: Diagnostic) => string | null,
): Diagnostic[] {
  const byFile = new Map<string | null, Map<number, Diagnostic | Set<string | null>>>();
  return diagnostics.filter((diagnostic) => {
    const { place } = diagnostic;
    const path = place === null ? null : place.source.realPath;
    const start = place === null ? 0 : place.span.start;
    let byStart = byFile.get(path);
    if (byStart === undefined) {
      byStart = new Map();
      byFile.set(path, byStart);
    }
    const known = byStart.get(start);
    if (known === undefined) {
      byStart.set(start, diagnostic);
      return true;
    }
    const keys = known instanceof Set ? known : new Set([keyOf(known)]);
    byStart.set(start, keys);
    const key = keyOf(diagnostic);
    const isFirst = key === null || !keys.has(key);
    keys.add(key);
    return isFirst;
  });
}
