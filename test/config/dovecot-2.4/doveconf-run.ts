import type { LoadedConfig } from '../../../src/config/load.js';
import type { DumpOptions } from '../../../src/config/print/dump.js';
import { renderText } from '../../../src/config/print/render-dump.js';

/** doveconf's arguments as dump options. */
function dumpOptionsOf(args: readonly string[]): DumpOptions {
  const names: string[] = [];
  const filters: string[] = [];
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    if (argument === '-f') filters.push(args[++i] ?? '');
    else if (argument.startsWith('-')) for (const flag of argument.slice(1)) flags.add(flag);
    else names.push(argument);
  }
  const scope = flags.has('d')
    ? 'defaults'
    : flags.has('s')
      ? 'all-with-hidden'
      : flags.has('a')
        ? 'all'
        : flags.has('N')
          ? 'set'
          : flags.has('n') || names.length === 0
            ? 'changed'
            : 'all';
  return {
    scope,
    names,
    filters,
    showSecrets: flags.has('P'),
    valuesOnly: flags.has('h'),
    modules: [],
    simple: false,
  };
}

/** What doveconf writes to standard output without comment lines, and its first error line. */
export function answerOf(config: LoadedConfig, args: readonly string[]): { stdout: string; error: string } {
  const options = dumpOptionsOf(args);
  const { refusal } = config;
  const text = refusal?.dovecot?.message ?? '';
  const printsAnyway =
    refusal === null ||
    (refusal.kind === 'failed-check' && !text.startsWith('Panic: ') && refusal.ends !== true) ||
    refusal.kind === 'unclosed-section' ||
    / Unknown group (label )?@/.test(text);
  if (!printsAnyway) return { stdout: '', error: text };
  const dump = config.dump(options);
  const stdout = renderText(dump.nodes, { valuesOnly: options.valuesOnly, simple: false, origins: false });
  const error = dump.messages[0]?.replace(/^(Error|Fatal): /, '') ?? (options.names.length > 0 ? '' : text);
  return { stdout, error };
}

/** The first Error or Fatal line without its label. */
export function firstError(lines: readonly string[]): string {
  const line = lines.find((one) => /^doveconf: (Error|Fatal|Panic): /.test(one)) ?? '';
  return line.replace(/^doveconf: (Error: |Fatal: |(?=Panic))/, '');
}
