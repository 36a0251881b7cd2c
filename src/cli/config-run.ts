import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import { type LoadedConfig, loadForDump, UnreadableMainFile } from '../config/load.js';
import type { Dump, DumpOptions } from '../config/print/dump.js';
import { renderJson, renderText } from '../config/print/render-dump.js';
import type { ConfigProblem } from '../config/problem.js';
import { isVersion23 } from '../knowledge/versions.js';
import type { ConfigCommandOptions } from './config-command.js';
import { EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { optimizeLate } from './late-optimizing.js';
import { nodeConfigHost } from './node-host.js';
import type { Terminal } from './terminal.js';

/** Prints a configuration as doveconf does; gives the exit code. */
export function runConfig(
  names: readonly string[],
  options: ConfigCommandOptions,
  terminal: Terminal,
): number {
  const dumpOptions = dumpOptionsOf(names, options);
  const config = load(options);
  if (config instanceof UnreadableMainFile) {
    say(terminal, `Fatal: ${config.dovecot}`);
    return EXIT_USAGE;
  }
  const bytes = (text: ByteString) => write(terminal, 'stdout', text);
  const withHeader = dumpOptions.names.length === 0 && !dumpOptions.simple && options.format === 'text';
  if (withHeader) bytes(`# ${config.version}: ${fromUtf8(options.config)}\n`);
  const wrongFilter = config.wrongFilter(dumpOptions.filters);
  if (wrongFilter !== null) {
    say(terminal, `Fatal: ${wrongFilter}`);
    return EXIT_NO;
  }
  const { refusal } = config;
  if (options.lenient)
    for (const reading of config.readings) terminal.stderr(`dvproxy: --lenient: ${reading.text}\n`);
  const isNamed = dumpOptions.names.length > 0 && !dumpOptions.simple;
  const isRefused = refusal !== null && !options.lenient && dumpOptions.scope !== 'defaults';
  if (isRefused && !isLate(config, refusal)) {
    sayProblems(config, refusal, terminal);
    if (options.format === 'json') printJson(config, null, terminal);
    return EXIT_NO;
  }
  const dump = config.dump(dumpOptions);
  if (options.format === 'json') printJson(config, dump, terminal);
  else
    bytes(
      renderText(dump.nodes, {
        valuesOnly: printsValuesOnly(config, dumpOptions),
        simple: dumpOptions.simple,
        origins: options.origin,
      }),
    );
  if (dumpOptions.scope !== 'defaults') sayWarnings(config, endOfChecks(config), terminal);
  for (const message of dump.messages) sayLines(config, terminal, message);
  const isOver = dump.messages.some((message) => message.startsWith('Fatal: '));
  const late = isRefused && !isNamed && !isOver ? refusal : null;
  if (late !== null) sayLines(config, terminal, `Fatal: ${fatalText(config, late)}`);
  const failed = late !== null || dump.exitCode !== 0;
  return failed && !options.lenient ? EXIT_NO : EXIT_OK;
}

/** 2.3 leaves the names out of settings that were asked for by name alone (Dovecot 2.3.19.1 doveconf.c). */
function printsValuesOnly({ version }: LoadedConfig, { valuesOnly, names, simple }: DumpOptions): boolean {
  return valuesOnly && (!isVersion23(version) || (names.length > 0 && !simple));
}

function dumpOptionsOf(names: readonly string[], options: ConfigCommandOptions): DumpOptions {
  return {
    scope: options.d ? 'defaults' : scopeOf(options, names.length > 0 || options.S),
    names: names.map(fromUtf8),
    showSecrets: options.P || options.showSecrets,
    valuesOnly: options.h,
    filters: options.f.map(fromUtf8),
    modules: options.m.map(fromUtf8),
    simple: options.S,
  };
}

/** Names and `-S` ask for all settings, as with doveconf 2.3; the whole configuration is printed without defaults. */
function scopeOf(options: ConfigCommandOptions, asksForAll: boolean): DumpOptions['scope'] {
  if (options.s) return 'all-with-hidden';
  if (options.a) return 'all';
  if (options.N) return 'set';
  return options.n || !asksForAll ? 'changed' : 'all';
}

/** Gives what cannot be read where there is no configuration. */
function load(options: ConfigCommandOptions): LoadedConfig | UnreadableMainFile {
  const base = {
    // doveconf asks DNS, too.
    host: nodeConfigHost(true),
    path: options.config,
    maps: options.map,
    lenient: options.lenient,
    ...(options.dovecot === undefined ? {} : { version: options.dovecot }),
    beforeParsing: optimizeLate,
  };
  const mode = {
    expand: options.x,
    emptyMain: options.d ? ('unreadable' as const) : ('directory' as const),
    ...(options.m.length === 0 ? {} : { modules: options.m }),
  };
  try {
    return loadForDump(base, mode);
  } catch (error) {
    if (error instanceof UnreadableMainFile) return error;
    throw error;
  }
}

/** Where doveconf stops looking: at a section without its end, an unknown group, Sieve that does not start. */
function endOfChecks({ problems, refusal }: LoadedConfig): number {
  if (refusal === null) return problems.length;
  const bySieve = problems.findLastIndex(({ fatal }) => fatal !== undefined);
  if (bySieve !== -1 && refusal.fatal !== undefined) return bySieve;
  return refusal.kind === 'failed-check' ? problems.length : problems.indexOf(refusal);
}

/** Errors that are found behind the reading: doveconf prints the configuration all the same. */
function isLate({ version }: LoadedConfig, refusal: ConfigProblem): boolean {
  if (isPanic(refusal) || refusal.ends === true) return false;
  // 2.4.5 looks for a group where it is used.
  const isUnknownGroup =
    version !== '2.4.5' && / Unknown group (?:label )?@/.test(refusal.dovecot?.message ?? '');
  return refusal.kind === 'failed-check' || refusal.kind === 'unclosed-section' || isUnknownGroup;
}

/** doveconf aborts: it prints nothing and names no file. */
function isPanic({ dovecot }: ConfigProblem): boolean {
  return dovecot?.message.startsWith('Panic: ') === true;
}

function fatalText(config: LoadedConfig, refusal: ConfigProblem): ByteString {
  const text = refusal.fatal ?? refusal.dovecot?.message ?? '';
  const start = 'Error in configuration file ';
  return text.startsWith(start) ? text : `${start}${config.main.path}: ${text}`;
}

function sayProblems(config: LoadedConfig, refusal: ConfigProblem, terminal: Terminal): void {
  sayWarnings(config, config.problems.indexOf(refusal), terminal);
  const text = refusal.dovecot?.message ?? fromUtf8(refusal.message);
  sayLines(config, terminal, isPanic(refusal) ? text : `Fatal: ${text}`);
}

function sayWarnings(config: LoadedConfig, end: number, terminal: Terminal): void {
  for (const problem of config.problems.slice(0, end)) {
    if (problem.dovecot === null || problem.dovecot.stage !== 'doveconf') continue;
    if (problem.severity === 'error' && problem.survived !== true) continue;
    const label = problem.severity === 'error' ? 'Error' : 'Warning';
    for (const line of problem.dovecot.message.split('\n')) say(terminal, `${label}: ${line}`);
  }
}

/** 2.4 begins each line of a text anew. */
function sayLines({ version }: LoadedConfig, terminal: Terminal, message: ByteString): void {
  const [label = ''] = message.split(' ', 1);
  say(terminal, isVersion23(version) ? message : message.replaceAll('\n', `\ndoveconf: ${label} `));
}

function say(terminal: Terminal, text: ByteString): void {
  write(terminal, 'stderr', `doveconf: ${text}\n`);
}

/** Files need not be UTF-8: what was read is written. */
function write(terminal: Terminal, stream: 'stdout' | 'stderr', text: ByteString): void {
  if (terminal.writeBytes === undefined) terminal[stream](toUtf8(text));
  else terminal.writeBytes(stream, Buffer.from(text, 'latin1'));
}

function printJson(config: LoadedConfig, dump: Dump | null, terminal: Terminal): void {
  const { refusal } = config;
  const document = {
    schema: 1,
    dovecot: config.version,
    file: config.main.realPath,
    refused: refusal?.dovecot == null ? null : toUtf8(refusal.dovecot.message),
    readings: config.readings.map(({ text }) => text),
    settings: dump === null ? null : renderJson(dump.nodes),
  };
  terminal.stdout(`${JSON.stringify(document, null, 2)}\n`);
}
