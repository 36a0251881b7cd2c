import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import { parseDovecotConf } from '../../grammar/dovecot-conf/parser.js';
import { Source } from '../../grammar/source.js';
import { type DovecotVersion, seriesOf } from '../knowledge/versions.js';
import type { Config, LoadOptions } from './config.js';
import { load23 } from './dovecot-2.3/load.js';
import { load24 } from './dovecot-2.4/load.js';
import { errnoText } from './errno-text.js';
import { ExtFileCache } from './ext-file-cache.js';
import type { ConfigHost } from './host.js';
import { onceEach } from './host-names.js';
import type { LoadInput, LoadResult } from './load-input.js';
import { MappedFiles } from './mapped-files.js';
import type { ConfigProblem } from './problem.js';
import { EventReader, type FileLanguage } from './read-events.js';

// Debian's Dovecot, both versions: EXAMPLE_CONFIG_DIR
const EXAMPLES = '/usr/share/doc/dovecot-core/example-config';

/** The main file cannot be read: nothing can be said about the configuration. */
export class UnreadableMainFile extends Error {
  /** As Dovecot words it: `open(FILE) failed: No such file or directory`. */
  readonly dovecot: ByteString;

  /** `hasExamples`: Dovecot's example configuration is installed, which it names then. */
  constructor(path: string, reason: string, hasExamples = false) {
    super(`cannot read ${path}: ${reason}`);
    const hint = hasExamples ? ` (copy example configs from ${EXAMPLES}/)` : '';
    this.dovecot = fromUtf8(`open(${path}) failed: ${reason}${hint}`);
  }
}

/** How `dvproxy config` reads: `-x` expands while reading, `-m` narrows the checks. */
export interface ReadingMode {
  readonly expand?: boolean;
  readonly modules?: readonly string[];
  /** Which main files count as empty instead of unreadable: doveconf reads a directory so, and for defaults none is needed. */
  readonly emptyMain?: 'directory' | 'unreadable';
}

export type LoadedConfig = Config & Pick<LoadResult, 'dump' | 'wrongFilter'>;

/** Reads a configuration with its includes and finds everything wrong with it. */
export function loadConfig(options: LoadOptions): Config {
  return loadForDump(options);
}

/** The same with what prints it as doveconf does. */
export function loadForDump(options: LoadOptions, mode: ReadingMode = {}): LoadedConfig {
  const files = new MappedFiles(options.host, options.maps ?? []);
  const main = readMain(options, files, mode.emptyMain);
  const version = options.version ?? versionOf(main);
  const series = seriesOf(version);
  const language: FileLanguage = {
    parse: (source) => {
      options.beforeParsing?.(source.text.length);
      return parseDovecotConf(source, version === '2.4.5' ? version : series);
    },
    lastMatchFirst: false,
  };
  const reader = new EventReader(main, files, language);
  const input: LoadInput = {
    version,
    main,
    host: withOneLookup(options.host),
    lenient: options.lenient === true,
    expand: mode.expand === true,
    ...(mode.modules === undefined ? {} : { modules: mode.modules }),
    read: (take) => reader.read(take),
    readFile: (path) => files.read(path),
  };
  const result = series === '2.3' ? load23(input) : load24(input);
  const extFiles = new ExtFileCache(files, options.host);
  const refusal = result.problems.find(isRefused) ?? null;
  return {
    version,
    main,
    trees: reader.trees,
    problems: result.problems,
    refusal,
    readings: result.readings,
    effective: result.effective,
    extFile: (path, kind) => extFiles.get(path, kind),
    wrongFilter: (filters) => result.wrongFilter(filters),
    dump: (dumpOptions) => result.dump(dumpOptions),
  };
}

/** Some configurations are read twice. */
function withOneLookup(host: ConfigHost): ConfigHost {
  return host.lookUp === undefined ? host : { ...host, lookUp: onceEach(host.lookUp) };
}

function isRefused({ severity, dovecot, survived }: ConfigProblem): boolean {
  return severity === 'error' && dovecot?.stage === 'doveconf' && survived !== true;
}

function readMain(options: LoadOptions, files: MappedFiles, empty: ReadingMode['emptyMain']): Source {
  const path = fromUtf8(options.path);
  const realPath = files.realPath(options.path);
  if (options.host.isDirectory(realPath)) {
    if (empty !== undefined) return new Source(path, '', realPath);
    throw new UnreadableMainFile(options.path, 'Is a directory');
  }
  try {
    return new Source(path, files.read(path), realPath);
  } catch (error) {
    if (empty === 'unreadable') return new Source(path, '', realPath);
    const hasExamples = options.host.isDirectory(files.realPath(EXAMPLES));
    throw new UnreadableMainFile(options.path, errnoText(error), hasExamples);
  }
}

/** 2.4 where the first setting is `dovecot_config_version` (cli.md). */
function versionOf(main: Source): DovecotVersion {
  const { text } = main;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, end).trimStart();
    if (line !== '' && !line.startsWith('#'))
      return /^"?dovecot_config_version\b/.test(line) ? '2.4.1' : '2.3.19.1';
    at = end + 1;
  }
  return '2.3.19.1';
}
