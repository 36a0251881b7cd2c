import type { Diagnostic } from '../check/diagnostic.js';
import { fingerprints } from './fingerprint.js';

/** How a baseline names files: relative to its own folder, so that it holds wherever the run starts. */
export type PathOf = (realPath: string) => string;

/** The findings of today as a file; the code, the file and the message are for people. */
export function baselineText(diagnostics: readonly Diagnostic[], pathOf: PathOf): string {
  const names = fingerprints(diagnostics, pathOf);
  const findings = diagnostics.map(({ code, message, place }, index) => ({
    fingerprint: names[index],
    code,
    file: place === null ? null : pathOf(place.source.realPath),
    message,
  }));
  return `${JSON.stringify({ schema: 1, findings }, null, 2)}\n`;
}

/** The fingerprints of a baseline, or what is wrong with its text. */
export function readBaseline(text: string): ReadonlySet<string> | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return `no JSON: ${(error as Error).message}`;
  }
  if (typeof document !== 'object' || document === null) return 'no baseline';
  const { schema, findings } = document as { schema?: unknown; findings?: unknown };
  if (schema !== 1) return `schema is ${JSON.stringify(schema)}, and this version reads 1`;
  if (!Array.isArray(findings)) return 'findings is no list';
  const names = findings.map((one: unknown) => (one as { fingerprint?: unknown } | null)?.fingerprint);
  if (names.some((name) => typeof name !== 'string')) return 'a finding has no fingerprint';
  return new Set(names as string[]);
}

/** What the baseline does not know yet. */
export function withoutBaseline(
  diagnostics: readonly Diagnostic[],
  known: ReadonlySet<string>,
  pathOf: PathOf,
): Diagnostic[] {
  const names = fingerprints(diagnostics, pathOf);
  return diagnostics.filter((_diagnostic, index) => !known.has(names[index] ?? ''));
}
