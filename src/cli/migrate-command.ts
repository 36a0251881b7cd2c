import { InvalidArgumentError, Option } from 'commander';
import type { Version24 } from '../knowledge/versions.js';
import { addConfigOptions, type ConfigOptions } from './common-options.js';
import type { RegisterCommand } from './main.js';

export interface MigrateOptions extends ConfigOptions {
  readonly output?: string;
  readonly singleFile: boolean;
  readonly dryRun: boolean;
  readonly report?: 'text' | 'md' | 'html' | 'json';
  readonly target: Version24;
  readonly answer: ReadonlyMap<string, string>;
  readonly showSecrets: boolean;
  readonly verify: boolean;
  readonly users?: string;
  readonly allUsers: boolean;
  readonly fixture: readonly string[];
}

/** Versions whose tables exist. */
const TARGETS: readonly Version24[] = ['2.4.1', '2.4.5'];

const EXAMPLE = `
Examples:
  dvproxy migrate -c /etc/dovecot/dovecot.conf --dry-run
  dvproxy migrate -c /etc/dovecot/dovecot.conf -o /root/dovecot-2.4 --report md > migration.md
  dvproxy migrate --map /etc/dovecot=./conf -o new --answer DV720/storage=old
  dvproxy migrate --dry-run --verify --users users.txt --fixture mail.sql

Writes nothing over anything; the old files stay. Exit codes: 0 fine, 1 Dovecot 2.3 refuses the configuration, or it is
one of 2.4 already, or --verify found a difference, 2 wrong usage.
`;

function parseAnswer(text: string, previous: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, key, choice] = /^(DV7\d\d(?:\/[^=]+)?)=(.+)$/.exec(text) ?? [];
  if (key === undefined || choice === undefined)
    throw new InvalidArgumentError('expected CODE=CHOICE such as DV720/storage=old');
  return new Map([...previous, [key, choice]]);
}

export const registerMigrate: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('migrate')
    .description('Write a 2.3 configuration as 2.4 reads it, with a reason for each change');
  addConfigOptions(command)
    .option('-o, --output <dir>', 'folder for the new files; nothing in it is overwritten')
    .option('--single-file', 'one file with everything instead of the same files', false)
    .option('--dry-run', 'print the differences, write nothing', false)
    .addOption(
      new Option('--report <format>', 'report of all changes').choices(['text', 'md', 'html', 'json']),
    )
    .addOption(new Option('--target <version>', 'which 2.4 to write for').choices(TARGETS).default('2.4.1'))
    .option(
      '--answer <code=choice>',
      'answer of a question that the report asks (repeatable)',
      parseAnswer,
      new Map(),
    )
    .option('--verify', 'check the result, and ask both configurations the same questions', false)
    .option('--users <file>', 'with --verify: users to ask about, a line each or CSV')
    .option('--all-users', 'with --verify: all users that a userdb lists', false)
    .option(
      '--fixture <path>',
      'with --verify: data that answers in place of the databases (repeatable)',
      (path: string, paths: readonly string[]) => [...paths, path],
      [],
    )
    .option('--show-secrets', 'show passwords in differences and reports', false)
    .addHelpText('after', EXAMPLE)
    .action(async (options: MigrateOptions) => {
      const { runMigrate } = await import('./migrate-run.js');
      done(await runMigrate(options, command, terminal));
    });
};
