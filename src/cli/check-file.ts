import { readFileSync } from 'node:fs';
import type { DatabaseAnswer } from '../check/database-answers.js';
import type { Severity } from '../check/diagnostic.js';
import { distinctFindings } from '../check/distinct-findings.js';
import { readExtFiles } from '../check/ext-files.js';
import { rulesOfLookups } from '../check/rules-of-lookups.js';
import { check } from '../check/runner.js';
import type { Config } from '../config/config.js';
import type { ConfigHost } from '../config/host.js';
import { loadConfig, UnreadableMainFile } from '../config/load.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { CheckReport } from '../report/check-report.js';
import type { ConfigOptions } from './common-options.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import { EXT_WRAPPER, isExtFile, wrapExtFile } from './ext-wrapper.js';
import { optimizeLate } from './late-optimizing.js';
import { nodeFileProbe } from './node-file-probe.js';
import { nodeConfigHost } from './node-host.js';
import type { Project } from './project-file.js';

export interface CheckFileOptions extends Pick<ConfigOptions, 'map' | 'lenient' | 'dovecot'> {
  readonly severities: ReadonlyMap<string, Severity | 'off'>;
  /** `--resolve`: DNS is asked for the hosts of `local` and `remote`. */
  readonly resolve: boolean;
  /** Texts that stand for the files of these names: standard input, files with fixes that are not written yet. */
  readonly texts: ReadonlyMap<string, Buffer>;
  readonly project: Project;
  /** What the databases of each main file said; without it nobody asked them. */
  readonly databases?: ReadonlyMap<string, readonly DatabaseAnswer[]>;
}

/** Everything found from one main file, or from one database file. */
export function checkFile(name: string, options: CheckFileOptions): CheckReport {
  const config = configOf(name, options);
  const isExt = isExtFile(name);
  const read = [
    ...config.trees.map((tree) => tree.source),
    ...readExtFiles(config).flatMap((ext) => ext.sources),
  ]
    .map((source) => source.realPath)
    .filter((file) => file !== EXT_WRAPPER);
  const found = check(config, {
    severities: options.severities,
    files: nodeFileProbe(options.map),
    now: Date.now(),
    databases: options.databases?.get(name) ?? [],
    isExtraSetting: (name) => options.project.isExtraSetting(name),
  }).filter(({ place }) => place === null || !options.project.isIgnored(place.source.realPath));
  const diagnostics = isExt
    ? found.filter((one) => one.place?.source.realPath !== EXT_WRAPPER && one.place !== null)
    : found;
  return { version: config.version, files: [...new Set(read)], diagnostics };
}

/** The configuration of a main file, or of one that holds nothing but a database file. */
export function configOf(
  name: string,
  options: Pick<CheckFileOptions, 'map' | 'lenient' | 'dovecot' | 'resolve' | 'texts'>,
): Config {
  const host = withTexts(nodeConfigHost(options.resolve), options.texts);
  if (!isExtFile(name)) return load(name, host, options, options.dovecot);
  const wrapped = withTexts(host, new Map([[EXT_WRAPPER, wrapExtFile(name, host)]]));
  return load(EXT_WRAPPER, wrapped, options, '2.3.19.1');
}

function load(
  path: string,
  host: ConfigHost,
  options: Pick<ConfigOptions, 'map' | 'lenient'>,
  version: DovecotVersion | undefined,
): Config {
  try {
    return loadConfig({
      path,
      host,
      maps: options.map,
      lenient: options.lenient,
      ...(version === undefined ? {} : { version }),
      beforeParsing: (bytes) => optimizeLate(bytes, rulesOfLookups),
    });
  } catch (error) {
    if (error instanceof UnreadableMainFile) throw new CommandFailure(error.message, EXIT_USAGE);
    throw error;
  }
}

function withTexts(host: ConfigHost, texts: ReadonlyMap<string, Buffer>): ConfigHost {
  return {
    environment: host.environment,
    ...(host.lookUp === undefined ? {} : { lookUp: host.lookUp }),
    glob: (pattern) => host.glob(pattern),
    isDirectory: (path) => !texts.has(path) && host.isDirectory(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
  };
}

/** One report of several; a finding in a file that two of them include is there once. */
export function mergeReports(reports: readonly CheckReport[]): CheckReport {
  const diagnostics = distinctFindings(
    reports.flatMap((report) => report.diagnostics),
    ({ code, message, place }) => (place === null ? null : `${code} ${message}`),
  );
  return {
    version: reports[0]?.version ?? '2.3.19.1',
    files: [...new Set(reports.flatMap((report) => report.files))],
    diagnostics,
  };
}

/** All of standard input. */
export function readStdin(): Buffer {
  return readFileSync(0);
}
