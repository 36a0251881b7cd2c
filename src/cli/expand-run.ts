import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { fromUtf8 } from '../../grammar/bytes.js';
import { type DovecotVersion, parseVersion, type Series, seriesOf } from '../knowledge/versions.js';
import { coloursFor } from '../report/colours.js';
import { type ExpansionReport, expansionAsJson, expansionAsText } from '../report/expansion.js';
import { escapeLdap23, escapeLdap24, escapeMysql, escapePgsql, escapeSqlite } from '../variables/escape.js';
import { expandText } from '../variables/expand.js';
import { inspectTemplate } from '../variables/inspect.js';
import type { Escape } from '../variables/scope.js';
import type { TraceStep } from '../variables/trace.js';
import { colourChoice } from './colour-choice.js';
import { CommandFailure, EXIT_NO, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import type { ExpandOptions } from './expand-command.js';
import { expandScope } from './expand-scope.js';
import type { Terminal } from './terminal.js';

export function runExpand(
  expression: string,
  options: ExpandOptions,
  command: Command,
  terminal: Terminal,
): number {
  const version = versionOf(options);
  const series = seriesOf(version);
  const template = fromUtf8(expression);
  const steps: TraceStep[] = [];
  const escaping = escapingFor(options.escape, series);
  const expansion = expandText(series, template, expandScope(options), escaping, (step) => steps.push(step));
  const { problems } = inspectTemplate(series, template);
  const report: ExpansionReport = { version, template, expansion, problems, steps };
  if (options.format === 'json') terminal.stdout(expansionAsJson(report, options.trace));
  else {
    const choice = colourChoice(command);
    const text = expansionAsText(report, {
      trace: options.trace,
      isTty: terminal.stdoutIsTty,
      out: coloursFor(choice, terminal.environment, terminal.stdoutIsTty),
      err: coloursFor(choice, terminal.environment, terminal.stderrIsTty),
    });
    terminal.stdout(text.stdout);
    terminal.stderr(text.stderr);
  }
  return expansion.kind === 'ok' ? EXIT_OK : EXIT_NO;
}

function escapingFor(place: ExpandOptions['escape'], series: Series): Escape | undefined {
  switch (place) {
    case 'none':
      return undefined;
    case 'sqlite':
      return escapeSqlite;
    case 'mysql':
      return escapeMysql;
    case 'pgsql':
      return escapePgsql;
    case 'ldap':
      return series === '2.3' ? escapeLdap23 : escapeLdap24;
  }
}

/** `--dovecot`, else what the main file of `--config` is written for, else 2.3. */
function versionOf(options: ExpandOptions): DovecotVersion {
  if (options.dovecot !== undefined) return options.dovecot;
  const series = options.config === undefined ? '2.3' : configSeries(options.config);
  return parseVersion(series) ?? '2.3.19.1';
}

/** A 2.4 file begins with `dovecot_config_version`. */
function configSeries(path: string): Series {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(`cannot read ${path}: ${reason}`, EXIT_USAGE);
  }
  return /^(?:\s*(?:#.*)?\n)*\s*dovecot_config_version\b/.test(text) ? '2.4' : '2.3';
}
