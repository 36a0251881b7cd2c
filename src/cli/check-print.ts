import type { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { allRules } from '../check/registry.js';
import type { CheckReport } from '../report/check-report.js';
import { checkstyleReport } from '../report/checkstyle.js';
import { coloursFor } from '../report/colours.js';
import { compactReport } from '../report/compact.js';
import { githubReport } from '../report/github.js';
import { gitlabReport } from '../report/gitlab.js';
import { jsonReport } from '../report/json.js';
import { junitReport } from '../report/junit.js';
import { sarifReport } from '../report/sarif.js';
import { textReport } from '../report/text.js';
import type { CheckCommandOptions } from './check-command.js';
import { colourChoice } from './colour-choice.js';
import type { Terminal } from './terminal.js';

/** The report in the format that was asked for. */
export function printReport(
  report: CheckReport,
  options: CheckCommandOptions,
  command: Command,
  terminal: Terminal,
): string {
  const folder = process.cwd();
  switch (options.format) {
    case 'text':
      return textReport(report, {
        colours: coloursFor(colourChoice(command), terminal.environment, terminal.stdoutIsTty),
        columns: terminal.stdoutIsTty ? terminal.columns : 160,
        showSecrets: options.showSecrets,
        wraps: terminal.stdoutIsTty,
        all: options.all,
      });
    case 'compact':
      return compactReport(report);
    case 'json':
      return jsonReport(report);
    case 'sarif':
      return sarifReport(report, { folder, toolVersion: packageJson.version, rules: allRules() });
    case 'github':
      return githubReport(report, folder);
    case 'gitlab':
      return gitlabReport(report, folder);
    case 'junit':
      return junitReport(report, folder);
    case 'checkstyle':
      return checkstyleReport(report, folder);
  }
}
