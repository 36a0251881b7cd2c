import type { Diagnostic } from '../check/diagnostic.js';
import type { CheckReport } from './check-report.js';

/** The findings of each file that was read, in the order of reading; those of no file stand at the main one. */
export function findingsByFile({ files, diagnostics }: CheckReport): Map<string, Diagnostic[]> {
  const found = new Map<string, Diagnostic[]>(files.map((file) => [file, []]));
  for (const diagnostic of diagnostics) {
    const path = diagnostic.place?.source.realPath ?? files[0] ?? 'dovecot.conf';
    found.set(path, [...(found.get(path) ?? []), diagnostic]);
  }
  return found;
}
