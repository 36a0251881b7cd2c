import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Diagnostic } from '../check/diagnostic.js';
import { errnoText } from '../config/errno-text.js';
import { baselineText, type PathOf, readBaseline, withoutBaseline } from '../report/baseline.js';
import { plural } from '../report/check-report.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** What is not in the baseline. */
export function openBaseline(path: string): (diagnostics: readonly Diagnostic[]) => Diagnostic[] {
  const known = readBaseline(readText(path));
  if (typeof known === 'string') throw new CommandFailure(`${path} is no baseline: ${known}`, EXIT_USAGE);
  return (diagnostics) => withoutBaseline(diagnostics, known, pathsFrom(path));
}

export function writeBaseline(path: string, diagnostics: readonly Diagnostic[], terminal: Terminal): void {
  try {
    writeFileSync(path, baselineText(diagnostics, pathsFrom(path)));
  } catch (error) {
    throw new CommandFailure(`cannot write ${path}: ${errnoText(error)}`, EXIT_USAGE);
  }
  terminal.stderr(`dvproxy: wrote ${plural(diagnostics.length, 'finding')} to ${path}\n`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(`cannot read ${path}: ${errnoText(error)}`, EXIT_USAGE);
  }
}

function pathsFrom(baseline: string): PathOf {
  const folder = dirname(resolve(baseline));
  return (path) => relative(folder, resolve(path));
}
