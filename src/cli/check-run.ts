import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Diagnostic, Severity } from '../check/diagnostic.js';
import { readExtFiles } from '../check/ext-files.js';
import { check } from '../check/runner.js';
import type { Config } from '../config/config.js';
import type { ConfigHost } from '../config/host.js';
import { loadConfig, UnreadableMainFile } from '../config/load.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import { type CheckReport, summarize } from '../report/check-report.js';
import type { CheckCommandOptions, RuleSeverity } from './check-command.js';
import { printReport } from './check-print.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { EXT_WRAPPER, isExtFile, wrapExtFile } from './ext-wrapper.js';
import { nodeFileProbe } from './node-file-probe.js';
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
  const severities = severitiesOf(options.rule);
  const paths = files.length === 0 ? [options.config] : files;
  if (paths.filter((path) => path === '-').length > 1)
    throw new CommandFailure('"-" can be given only once', EXIT_USAGE);
  const reports = paths.map((path) => checkOne(path, options, severities));
  const report = merge(reports);
  terminal.stdout(printReport(report, options, command, terminal));
  return verdict(report.diagnostics, options);
}

function checkOne(
  path: string,
  options: CheckCommandOptions,
  severities: ReadonlyMap<string, Severity | 'off'>,
): CheckReport {
  const onDisk = nodeConfigHost();
  const name = path === '-' ? (options.stdinFilename ?? '<stdin>') : path;
  const host = path === '-' ? withFile(onDisk, name, readFileSync(0)) : onDisk;
  const isExt = isExtFile(name);
  const config = load(
    isExt ? EXT_WRAPPER : name,
    isExt ? withFile(host, EXT_WRAPPER, wrapExtFile(name, host)) : host,
    options,
    isExt ? '2.3.19.1' : options.dovecot,
  );
  const read = [
    ...config.trees.map((tree) => tree.source),
    ...readExtFiles(config).flatMap((ext) => ext.sources),
  ]
    .map((source) => source.realPath)
    .filter((file) => file !== EXT_WRAPPER);
  const found = check(config, { severities, files: nodeFileProbe(options.map) });
  const diagnostics = isExt
    ? found.filter((one) => one.place?.source.realPath !== EXT_WRAPPER && one.place !== null)
    : found;
  return { version: config.version, files: [...new Set(read)], diagnostics };
}

function load(
  path: string,
  host: ConfigHost,
  options: CheckCommandOptions,
  version: DovecotVersion | undefined,
): Config {
  if (host.isDirectory(path)) {
    throw new CommandFailure(
      `${path} is a directory; name the main file in it, such as ${path.replace(/\/+$/, '')}/dovecot.conf`,
      EXIT_USAGE,
    );
  }
  try {
    return loadConfig({
      path,
      host,
      maps: options.map,
      lenient: options.lenient,
      ...(version === undefined ? {} : { version }),
    });
  } catch (error) {
    if (error instanceof UnreadableMainFile) throw new CommandFailure(error.message, EXIT_USAGE);
    throw error;
  }
}

function withFile(host: ConfigHost, name: string, content: Buffer): ConfigHost {
  return {
    environment: host.environment,
    glob: (pattern) => host.glob(pattern),
    isDirectory: (path) => path !== name && host.isDirectory(path),
    readFile: (path) => (path === name ? content : host.readFile(path)),
  };
}

function severitiesOf(rules: readonly RuleSeverity[]): ReadonlyMap<string, Severity | 'off'> {
  return new Map(rules.map(({ rule, severity }) => [findRule(rule).code, severity]));
}

function merge(reports: readonly CheckReport[]): CheckReport {
  const seen = new Set<string>();
  const diagnostics = reports
    .flatMap((report) => report.diagnostics)
    .filter(({ code, message, place }) => {
      if (place === null) return true;
      const key = `${code} ${place.source.realPath} ${place.span.start} ${message}`;
      return !seen.has(key) && seen.add(key);
    });
  return {
    version: reports[0]?.version ?? '2.3.19.1',
    files: [...new Set(reports.flatMap((report) => report.files))],
    diagnostics,
  };
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
