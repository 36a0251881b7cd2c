import type { Severity } from '../check/diagnostic.js';
import type { CheckReport } from './check-report.js';
import { fingerprints } from './fingerprint.js';
import { fullMessage } from './full-message.js';
import { reportPath } from './report-path.js';

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'critical', warning: 'minor', info: 'info' };

/** GitLab's code quality report. */
export function gitlabReport({ diagnostics, files }: CheckReport, folder: string): string {
  const pathOf = (path: string) => reportPath(path, folder);
  const names = fingerprints(diagnostics, pathOf);
  const issues = diagnostics.map((diagnostic, index) => {
    const { place, severity, code, rule } = diagnostic;
    const lines =
      place === null
        ? { begin: 1, end: 1 }
        : {
            begin: place.source.lineAt(place.span.start),
            end: place.source.lineAt(Math.max(place.span.start, place.span.end - 1)),
          };
    return {
      description: fullMessage(diagnostic).replaceAll('\n', ' '),
      check_name: `${code} ${rule}`,
      fingerprint: names[index] ?? '',
      severity: SEVERITIES[severity],
      // Every issue needs a file; what belongs to the whole stands at the main one.
      location: { path: pathOf(place?.source.realPath ?? files[0] ?? 'dovecot.conf'), lines },
    };
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}
