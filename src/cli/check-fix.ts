import { applySafeFixes, type FixedFile } from '../check/apply-fixes.js';
import type { CheckReport } from '../report/check-report.js';
import { replaceFile } from './atomic-write.js';

export interface FixedReport {
  /** What is left. */
  readonly report: CheckReport;
  /** The files as they were read and as they would be written. */
  readonly files: readonly FixedFile[];
  readonly count: number;
}

/** A repair can show what was hidden behind it. */
const MOST_ROUNDS = 10;

/** Applies the safe fixes in memory until none is left; `checkWith` looks at the files with these texts. */
export function fixAll(checkWith: (texts: ReadonlyMap<string, Buffer>) => CheckReport): FixedReport {
  const texts = new Map<string, Buffer>();
  const files = new Map<string, FixedFile>();
  let report = checkWith(texts);
  let count = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const fixed = applySafeFixes(report.diagnostics);
    if (fixed.files.length === 0) break;
    for (const { source, text } of fixed.files) {
      const first = files.get(source.realPath)?.source ?? source;
      files.set(source.realPath, { source: first, text });
      texts.set(source.realPath, Buffer.from(text, 'latin1'));
    }
    count += fixed.count;
    report = checkWith(texts);
  }
  return { report, files: [...files.values()], count };
}

/** Writes each file in one step; stops at the first that cannot be written. */
export function writeFixes(files: readonly FixedFile[]): void {
  for (const { source, text } of files)
    replaceFile(source.realPath, Buffer.from(source.text, 'latin1'), Buffer.from(text, 'latin1'));
}
