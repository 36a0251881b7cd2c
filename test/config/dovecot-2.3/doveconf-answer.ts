import type { LoadedConfig } from '../../../src/config/load.js';
import type { DumpOptions } from '../../../src/config/print/dump.js';
import { renderText } from '../../../src/config/print/render-dump.js';

/** doveconf's arguments (`-n`, `-f`, `protocol=imap`, `-m`, `mail`, ...) as dump options. */
export function dumpOptionsOf(args: readonly string[]): DumpOptions {
  const names: string[] = [];
  const filters: string[] = [];
  const modules: string[] = [];
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    if (argument === '-f') filters.push(args[++i] ?? '');
    else if (argument === '-m') modules.push(args[++i] ?? '');
    else if (argument.startsWith('-')) flags.add(argument.slice(1));
    else names.push(argument);
  }
  const scope = flags.has('s')
    ? 'all-with-hidden'
    : flags.has('n')
      ? 'changed'
      : flags.has('N')
        ? 'set'
        : 'all';
  return {
    scope: flags.has('d') ? 'defaults' : scope,
    names,
    filters,
    modules,
    showSecrets: flags.has('P'),
    valuesOnly: flags.has('h'),
    simple: flags.has('S'),
  };
}

export interface Answer {
  readonly stdout: string;
  /** First error without its label, '' where there is none. */
  readonly error: string;
}

/** What doveconf 2.3 says to a configuration. */
export function answerOf(config: LoadedConfig, args: readonly string[]): Answer {
  const { refusal } = config;
  const error = refusal?.dovecot?.message ?? '';
  if (refusal !== null && refusal.kind !== 'failed-check' && refusal.kind !== 'unclosed-section')
    return { stdout: '', error };
  const options = dumpOptionsOf(args);
  const dump = config.dump(options);
  const stdout = renderText(dump.nodes, {
    valuesOnly: options.valuesOnly,
    simple: options.simple,
    origins: false,
  });
  const said = dump.messages[0]?.replace(/^(?:Error|Fatal): /, '');
  return { stdout: withoutHostLines(stdout), error: said ?? error };
}

/** Without the comment lines of the head and without Pigeonhole's two values that its programs compute. */
export function withoutHostLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('# ') && !/^\s*managesieve_(?:notify|sieve)_capability\b/.test(line))
    .join('\n');
}

/** The first error line of doveconf's own; Pigeonhole's helper reads the same file and speaks first. */
export function firstError(stderr: string): string {
  const lines = stderr.split('\n');
  for (const [index, line] of lines.entries()) {
    if (!line.includes('dump-capability process returned')) continue;
    lines[index] = '';
    const spoken = lines.slice(0, index).findLastIndex((one) => one.startsWith('doveconf: Fatal: '));
    if (spoken !== -1) lines[spoken] = '';
  }
  const first = lines.find((line) => /^doveconf: (?:Error|Fatal): /.test(line)) ?? '';
  return first.replace(/^doveconf: (?:Error|Fatal): /, '');
}
