import type { CheckReport } from './check-report.js';
import { findingsByFile } from './findings-by-file.js';
import { fullMessage } from './full-message.js';
import { reportPath } from './report-path.js';
import { xmlText } from './xml-text.js';

/** Checkstyle's XML, which Jenkins, reviewdog and editors read. */
export function checkstyleReport(report: CheckReport, folder: string): string {
  const files = [...findingsByFile(report)].map(([file, diagnostics]) => {
    const errors = diagnostics.map((diagnostic) => {
      const { place, severity, code, rule } = diagnostic;
      const { line, column } = place?.source.position(place.span.start) ?? { line: 1, column: 1 };
      const message = xmlText(fullMessage(diagnostic));
      return `    <error line="${line}" column="${column}" severity="${severity}" message="${message}" source="dvproxy.${code}.${rule}"/>\n`;
    });
    return `  <file name="${xmlText(reportPath(file, folder))}">\n${errors.join('')}  </file>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n${files.join('')}</checkstyle>\n`;
}
