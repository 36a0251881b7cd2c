import type { Diagnostic, Severity } from '../check/diagnostic.js';
import type { DovecotVersion } from '../knowledge/versions.js';

/** What `dvproxy check` hands to a reporter. */
export interface CheckReport {
  readonly version: DovecotVersion;
  /** Every file that was read, as it was really read, in the order of reading. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

export function summarize(diagnostics: readonly Diagnostic[]): Summary {
  const count = (severity: Severity) => diagnostics.filter((one) => one.severity === severity).length;
  return { errors: count('error'), warnings: count('warning'), infos: count('info') };
}

/** `2 errors, 1 warning`; '' where nothing was found. */
export function summaryText({ errors, warnings, infos }: Summary): string {
  return [plural(errors, 'error'), plural(warnings, 'warning'), plural(infos, 'info')]
    .filter((part) => !part.startsWith('0 '))
    .join(', ');
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
