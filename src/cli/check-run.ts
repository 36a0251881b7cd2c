import type { Command } from 'commander';
import type { Diagnostic, Severity } from '../check/diagnostic.js';
import { type CheckReport, plural, summarize } from '../report/check-report.js';
import { fixDiff } from '../report/fix-diff.js';
import type { CheckCommandOptions, RuleSeverity } from './check-command.js';
import { checkFile, mergeReports, readStdin } from './check-file.js';
import { fixAll, writeFixes } from './check-fix.js';
import { printReport } from './check-print.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { nodeConfigHost } from './node-host.js';
import { findRule } from './rule-names.js';
import type { Terminal } from './terminal.js';

/** Checks each file, prints one report of all and returns the exit code. */
export function runCheck(
  files: readonly string[],
  options: CheckCommandOptions,
  command: Command,
  terminal: Terminal,
): number {
  const paths = files.length === 0 ? [options.config] : files;
  refuseImpossible(paths, options);
  const severities = severitiesOf(options.rule);
  const stdinName = options.stdinFilename ?? '<stdin>';
  const stdin: [string, Buffer][] = paths.includes('-') ? [[stdinName, readStdin()]] : [];
  const names = paths.map((path) => (path === '-' ? stdinName : mainFileOf(path)));
  const checkWith = (texts: ReadonlyMap<string, Buffer>) =>
    mergeReports(
      names.map((name) => checkFile(name, { ...options, severities, texts: new Map([...stdin, ...texts]) })),
    );
  if (!options.fix) return printed(checkWith(new Map()), options, command, terminal);
  const fixed = fixAll(checkWith);
  if (options.dryRun) {
    terminal.stdout(fixDiff(fixed.files, { folder: process.cwd(), showSecrets: options.showSecrets }));
    const verdictOfRest = verdict(fixed.report.diagnostics, options);
    return fixed.files.length > 0 ? EXIT_NO : verdictOfRest;
  }
  writeFixes(fixed.files);
  terminal.stderr(
    `dvproxy: fixed ${plural(fixed.count, 'finding')} in ${plural(fixed.files.length, 'file')}\n`,
  );
  return printed(fixed.report, options, command, terminal);
}

function refuseImpossible(paths: readonly string[], options: CheckCommandOptions): void {
  if (paths.filter((path) => path === '-').length > 1)
    throw new CommandFailure('"-" can be given only once', EXIT_USAGE);
  if (options.dryRun && !options.fix) throw new CommandFailure('--dry-run needs --fix', EXIT_USAGE);
  if (options.fix && !options.dryRun && paths.includes('-'))
    throw new CommandFailure('--fix cannot write standard input; add --dry-run for a diff', EXIT_USAGE);
}

function mainFileOf(path: string): string {
  if (!nodeConfigHost().isDirectory(path)) return path;
  throw new CommandFailure(
    `${path} is a directory; name the main file in it, such as ${path.replace(/\/+$/, '')}/dovecot.conf`,
    EXIT_USAGE,
  );
}

function severitiesOf(rules: readonly RuleSeverity[]): ReadonlyMap<string, Severity | 'off'> {
  return new Map(rules.map(({ rule, severity }) => [findRule(rule).code, severity]));
}

function printed(
  report: CheckReport,
  options: CheckCommandOptions,
  command: Command,
  terminal: Terminal,
): number {
  terminal.stdout(printReport(report, options, command, terminal));
  return verdict(report.diagnostics, options);
}

function verdict(diagnostics: readonly Diagnostic[], options: CheckCommandOptions): number {
  const { errors, warnings, infos } = summarize(diagnostics);
  const counted = {
    error: errors,
    warning: errors + warnings,
    info: errors + warnings + infos,
  }[options.failOn];
  if (counted > 0) return EXIT_NO;
  return options.maxWarnings !== undefined && warnings > options.maxWarnings ? EXIT_NO : EXIT_OK;
}
