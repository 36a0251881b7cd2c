import type { Severity } from '../check/diagnostic.js';
import type { CheckReport } from './check-report.js';
import { fullMessage } from './full-message.js';
import { reportPath } from './report-path.js';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** Workflow commands of GitHub Actions: an annotation a finding. */
export function githubReport({ diagnostics }: CheckReport, folder: string): string {
  return diagnostics
    .map((diagnostic) => {
      const { place, severity, code, rule } = diagnostic;
      const properties: string[] = [];
      if (place !== null) {
        const { source, span } = place;
        const start = source.position(span.start);
        const end = source.position(Math.max(span.start, span.end));
        properties.push(`file=${property(reportPath(source.realPath, folder))}`);
        properties.push(`line=${start.line}`, `endLine=${end.line}`);
        // Columns are shown only where they are of one line.
        if (end.line === start.line) properties.push(`col=${start.column}`, `endColumn=${end.column}`);
      }
      properties.push(`title=${property(`${code} ${rule}`)}`);
      return `::${COMMANDS[severity]} ${properties.join(',')}::${data(fullMessage(diagnostic))}\n`;
    })
    .join('');
}

/** What ends or splits a workflow command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
