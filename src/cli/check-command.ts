import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Severity } from '../check/diagnostic.js';
import { addConfigOptions, type ConfigOptions } from './common-options.js';
import type { RegisterCommand } from './main.js';

export const CHECK_FORMATS = [
  'text',
  'compact',
  'json',
  'sarif',
  'github',
  'gitlab',
  'junit',
  'checkstyle',
] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

export interface CheckCommandOptions extends ConfigOptions {
  readonly format: CheckFormat;
  readonly failOn: Severity;
  readonly maxWarnings?: number;
  readonly rule: readonly RuleSeverity[];
  readonly stdinFilename?: string;
  readonly showSecrets: boolean;
  readonly fix: boolean;
  readonly dryRun: boolean;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly watch: boolean;
  readonly connect: boolean;
  readonly fixture: readonly string[];
  readonly all: boolean;
  readonly resolve: boolean;
}

export interface RuleSeverity {
  readonly rule: string;
  readonly severity: Severity | 'off';
}

const EXAMPLE = `
Example:
  dvproxy check -c /etc/dovecot/dovecot.conf
  dvproxy check --map /etc/dovecot=./conf conf/dovecot.conf --format compact

A FILE ending in .conf.ext is checked as a database file, a folder by its dovecot.conf (or else by its *.conf.ext
files); "-" reads standard input. .dvproxy.json beside the file or above it sets rules, version and paths.
Exit codes: 0 fine, 1 findings at or above --fail-on, 2 wrong usage or an unreadable main file.
`;

export const registerCheck: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('check')
    .description('Find every problem of the whole configuration in one run')
    .argument('[file...]', 'main files, *.conf.ext files, folders, or - (default: the file of --config)');
  addConfigOptions(command)
    .addOption(new Option('--format <format>', 'how to print').choices(CHECK_FORMATS).default('text'))
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 from this severity on')
        .choices(['error', 'warning', 'info'])
        .default('error'),
    )
    .option('--max-warnings <n>', 'exit 1 with more warnings than this', parseCount)
    .option('--rule <code=severity>', 'off, info, warning or error for one rule (repeatable)', parseRule, [])
    .option('--fix', 'apply the safe fixes, each file in one step', false)
    .option('--dry-run', 'with --fix: print a unified diff and write nothing', false)
    .option('--baseline <file>', 'report only what is not in this file')
    .option('--write-baseline <file>', 'write all findings of today to a file and exit 0')
    .option('--resolve', 'ask DNS for the host names of local and remote blocks', false)
    .option('--connect', 'also ask the real databases: reachable, queries accepted', false)
    .option('--fixture <file>', 'ask this file in the place of the databases (repeatable)', collect, [])
    .option('--all', 'text: every finding, also where one rule has very many', false)
    .option('--watch', 'check again after each change', false)
    .option('--stdin-filename <name>', 'name and place of the file that "-" reads')
    .option('--show-secrets', 'do not mask passwords in the lines shown', false)
    .addHelpText('after', EXAMPLE)
    .action(async (files: string[], options: CheckCommandOptions, self: Command) => {
      const { runCheck } = await import('./check-run.js');
      done(await runCheck(files, options, self, terminal));
    });
};

function collect(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, text];
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a number.');
  return Number(text);
}

function parseRule(text: string, previous: readonly RuleSeverity[]): readonly RuleSeverity[] {
  const match = /^([\w-]+)=(off|info|warning|error)$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('expected CODE=off, CODE=info, CODE=warning or CODE=error.');
  return [...previous, { rule: match[1] ?? '', severity: match[2] as Severity | 'off' }];
}
