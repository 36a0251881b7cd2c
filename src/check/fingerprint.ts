import { createHash } from 'node:crypto';
import type { Diagnostic } from './diagnostic.js';

/**
 * One name for each finding that stays the same when lines are added or removed elsewhere: of its rule, its file, the
 * text of its line and how many of the same came before it. The same findings give the same names in every run.
 */
export function fingerprints(
  diagnostics: readonly Diagnostic[],
  pathOf: (realPath: string) => string = (path) => path,
): string[] {
  const counts = new Map<string, number>();
  return diagnostics.map(({ code, message, place }) => {
    const path = place === null ? '' : pathOf(place.source.realPath);
    const line = place === null ? '' : place.source.line(place.source.lineAt(place.span.start));
    const marked = place === null ? message : place.source.text.slice(place.span.start, place.span.end);
    const text = [code, path, line, marked].map((part) => part.trim().replaceAll(/\s+/g, ' ')).join('\0');
    const before = counts.get(text) ?? 0;
    counts.set(text, before + 1);
    return createHash('sha256').update(`${text}\0${before}`).digest('hex').slice(0, 32);
  });
}
