import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { DatabaseAnswer } from '../check/database-answers.js';
import type { Diagnostic, Severity } from '../check/diagnostic.js';
import { type CheckReport, plural, summarize } from '../report/check-report.js';
import { fixDiff } from '../report/fix-diff.js';
import { openBaseline, writeBaseline } from './check-baseline.js';
import type { CheckCommandOptions, RuleSeverity } from './check-command.js';
import { checkFile, configOf, mergeReports, readStdin } from './check-file.js';
import { fixAll, writeFixes } from './check-fix.js';
import { printReport } from './check-print.js';
import { watchFiles } from './check-watch.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { isExtFile } from './ext-wrapper.js';
import { nodeConfigHost } from './node-host.js';
import { findProject, type Project } from './project-file.js';
import { findRule } from './rule-names.js';
import type { Terminal } from './terminal.js';

/** Checks each file, prints one report of all and returns the exit code. */
export async function runCheck(
  files: readonly string[],
  options: CheckCommandOptions,
  command: Command,
  terminal: Terminal,
): Promise<number> {
  const paths = files.length === 0 ? [options.config] : files;
  refuseImpossible(paths, options);
  const stdinName = options.stdinFilename ?? '<stdin>';
  const stdin: [string, Buffer][] = paths.includes('-') ? [[stdinName, readStdin()]] : [];
  const named = () => {
    const names = paths.flatMap((path) => (path === '-' ? [stdinName] : mainFilesOf(path)));
    return { names, project: findProject(names[0] ?? stdinName) };
  };
  const run = (databases: Asked = new Map()): Run => {
    const { names, project } = named();
    const checkAll = checkerOf(names, new Map(stdin), project, databases, options);
    return runOnce(checkAll, options, command, terminal);
  };
  if (options.watch) return watchRuns(run, paths, terminal);
  if (!options.connect && options.fixture.length === 0) return run().exitCode;
  const { names, project } = named();
  return run(await askedDatabases(names, new Map(stdin), project, options)).exitCode;
}

/** What the databases of each main file said. */
type Asked = ReadonlyMap<string, readonly DatabaseAnswer[]>;

/** Drivers are loaded here and nowhere else: `check` alone needs none. */
async function askedDatabases(
  names: readonly string[],
  texts: ReadonlyMap<string, Buffer>,
  project: Project,
  options: CheckCommandOptions,
): Promise<Asked> {
  const { askDatabases } = await import('./check-connect.js');
  const asked = new Map<string, readonly DatabaseAnswer[]>();
  const shared = { ...readingOptions(project, options), texts };
  for (const name of names)
    asked.set(name, await askDatabases(configOf(name, shared), shared.map, options.fixture));
  return asked;
}

/** How files are read; the command line wins over the project. */
function readingOptions(project: Project, options: CheckCommandOptions) {
  const dovecot = options.dovecot ?? project.dovecot;
  return {
    lenient: options.lenient,
    resolve: options.resolve,
    map: [...options.map, ...project.map],
    ...(dovecot === undefined ? {} : { dovecot }),
  };
}

interface Run {
  readonly exitCode: number;
  /** What was read. */
  readonly files: readonly string[];
}

type Checker = (texts: ReadonlyMap<string, Buffer>) => CheckReport;

/** All files with what the project and the options say of them; the command line wins. */
function checkerOf(
  names: readonly string[],
  stdin: ReadonlyMap<string, Buffer>,
  project: Project,
  databases: Asked,
  options: CheckCommandOptions,
): Checker {
  const shared = {
    ...readingOptions(project, options),
    databases,
    severities: new Map([...project.severities, ...severitiesOf(options.rule)]),
    project,
  };
  return (texts) =>
    mergeReports(names.map((name) => checkFile(name, { ...shared, texts: new Map([...stdin, ...texts]) })));
}

function runOnce(checkAll: Checker, options: CheckCommandOptions, command: Command, terminal: Terminal): Run {
  if (options.writeBaseline !== undefined) {
    const { diagnostics, files } = checkAll(new Map());
    writeBaseline(options.writeBaseline, diagnostics, terminal);
    return { exitCode: EXIT_OK, files };
  }
  const known = options.baseline === undefined ? null : openBaseline(options.baseline);
  const checkWith: Checker = (texts) => {
    const report = checkAll(texts);
    return known === null ? report : { ...report, diagnostics: known(report.diagnostics) };
  };
  if (!options.fix) return printed(checkWith(new Map()), options, command, terminal);
  const fixed = fixAll(checkWith);
  const { report } = fixed;
  if (options.dryRun) {
    terminal.stdout(fixDiff(fixed.files, { folder: process.cwd(), showSecrets: options.showSecrets }));
    const exitCode = fixed.files.length > 0 ? EXIT_NO : verdict(report.diagnostics, options);
    return { exitCode, files: report.files };
  }
  writeFixes(fixed.files);
  terminal.stderr(
    `dvproxy: fixed ${plural(fixed.count, 'finding')} in ${plural(fixed.files.length, 'file')}\n`,
  );
  return printed(report, options, command, terminal);
}

/** Until SIGINT or SIGTERM; what cannot be read now may be there after the next change. */
async function watchRuns(run: () => Run, paths: readonly string[], terminal: Terminal): Promise<number> {
  const end = new AbortController();
  const stop = () => end.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  let exitCode = EXIT_OK;
  const look = () => {
    try {
      const { files, ...rest } = run();
      exitCode = rest.exitCode;
      return [...paths, ...files];
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      terminal.stderr(`dvproxy: ${error.message}\n`);
      exitCode = error.exitCode;
      return paths;
    }
  };
  await watchFiles(look, end.signal);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  return exitCode;
}

function refuseImpossible(paths: readonly string[], options: CheckCommandOptions): void {
  if (paths.filter((path) => path === '-').length > 1)
    throw new CommandFailure('"-" can be given only once', EXIT_USAGE);
  if (options.dryRun && !options.fix) throw new CommandFailure('--dry-run needs --fix', EXIT_USAGE);
  if (options.fix && !options.dryRun && paths.includes('-'))
    throw new CommandFailure('--fix cannot write standard input; add --dry-run for a diff', EXIT_USAGE);
  const asks = options.connect || options.fixture.length > 0;
  if (asks && options.watch)
    throw new CommandFailure('--watch goes with neither --connect nor --fixture', EXIT_USAGE);
  if (options.watch && (options.fix || options.writeBaseline !== undefined || paths.includes('-')))
    throw new CommandFailure('--watch goes with neither --fix, --write-baseline nor "-"', EXIT_USAGE);
}

/** A folder stands for its dovecot.conf, or where there is none for its database files. */
function mainFilesOf(path: string): string[] {
  const host = nodeConfigHost();
  if (!host.isDirectory(path)) return [path];
  const main = join(path, 'dovecot.conf');
  if (existsSync(main)) return [main];
  const ext = readdirSync(path)
    .filter(isExtFile)
    .sort()
    .map((name) => join(path, name));
  if (ext.length > 0) return ext;
  throw new CommandFailure(`${path} holds neither dovecot.conf nor a *.conf.ext file`, EXIT_USAGE);
}

function severitiesOf(rules: readonly RuleSeverity[]): ReadonlyMap<string, Severity | 'off'> {
  return new Map(rules.map(({ rule, severity }) => [findRule(rule).code, severity]));
}

function printed(
  report: CheckReport,
  options: CheckCommandOptions,
  command: Command,
  terminal: Terminal,
): Run {
  terminal.stdout(printReport(report, options, command, terminal));
  return { exitCode: verdict(report.diagnostics, options), files: report.files };
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
