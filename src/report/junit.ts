import type { CheckReport } from './check-report.js';
import { findingsByFile } from './findings-by-file.js';
import { fullMessage } from './full-message.js';
import { reportPath } from './report-path.js';
import { xmlText } from './xml-text.js';

/** JUnit's XML as junit-10.xsd of Jenkins' xUnit plugin has it: a suite a file, a failed case a finding, a passed case for a file without findings. */
export function junitReport(report: CheckReport, folder: string): string {
  const suites = [...findingsByFile(report)].map(([file, diagnostics]) => {
    const name = xmlText(reportPath(file, folder));
    const cases = diagnostics.map((diagnostic) => {
      const { place, code, rule, severity, message } = diagnostic;
      const { line, column } = place?.source.position(place.span.start) ?? { line: 1, column: 1 };
      return (
        `    <testcase name="${xmlText(`${code} ${rule} ${line}:${column}`)}" classname="${name}" time="0">\n` +
        `      <failure type="${severity}" message="${xmlText(message)}">` +
        `${xmlText(`${file}:${line}:${column}: ${fullMessage(diagnostic)}`)}</failure>\n    </testcase>\n`
      );
    });
    const passed = `    <testcase name="check" classname="${name}" time="0"/>\n`;
    return (
      `  <testsuite name="${name}" tests="${Math.max(1, cases.length)}" failures="${cases.length}" errors="0" skipped="0" time="0">\n` +
      `${cases.length === 0 ? passed : cases.join('')}  </testsuite>\n`
    );
  });
  const { length } = report.diagnostics;
  const clean = [...findingsByFile(report).values()].filter((one) => one.length === 0).length;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites name="dvproxy check" tests="${length + clean}" failures="${length}" errors="0" time="0">\n` +
    `${suites.join('')}</testsuites>\n`
  );
}
