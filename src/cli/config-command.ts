import { InvalidArgumentError, Option } from 'commander';
import { addConfigOptions, type ConfigOptions } from './common-options.js';
import type { RegisterCommand } from './main.js';

export interface ConfigCommandOptions extends ConfigOptions {
  readonly n: boolean;
  readonly N: boolean;
  readonly a: boolean;
  readonly s: boolean;
  readonly d: boolean;
  readonly P: boolean;
  readonly showSecrets: boolean;
  readonly h: boolean;
  readonly x: boolean;
  readonly S: boolean;
  readonly f: readonly string[];
  readonly m: readonly string[];
  readonly origin: boolean;
  readonly format: 'text' | 'json';
}

const EXAMPLE = `
Examples:
  dvproxy config -n -c /etc/dovecot/dovecot.conf
  dvproxy config --map /etc/dovecot=./conf --origin
  dvproxy config -f protocol=imap ssl

The output is that of doveconf, except for the comment lines at its head.
Exit codes: 0 fine, 1 Dovecot would refuse the configuration (where doveconf says 89), 2 wrong usage or an
unreadable main file.
`;

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function collectFilter(value: string, previous: readonly string[]): readonly string[] {
  if (value === '') throw new InvalidArgumentError('expected KEY=VALUE such as protocol=imap');
  return [...previous, value];
}

export const registerConfig: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('config')
    .description('Print the configuration as doveconf does, for 2.3 and 2.4')
    .argument('[name...]', 'settings or sections to print')
    .helpOption('--help', 'show this help');
  addConfigOptions(command)
    .option('-n', 'settings that differ from their defaults (the default form)', false)
    .option('-N', 'settings that the files set', false)
    .option('-a', 'all settings', false)
    .option('-s', 'all settings with the hidden ones', false)
    .option('-d', 'defaults; no file is read', false)
    .option('-P', 'show passwords and other secrets', false)
    .option('--show-secrets', 'the same as -P', false)
    .option('-h', 'values only', false)
    .option('-x', 'expand variables and <file values', false)
    .option('-S', '2.3: key/sub/key=value lines', false)
    .option('-f <key=value>', 'settings of matching filters (repeatable)', collectFilter, [])
    .option('-m <module>', '2.3: settings of a module (repeatable)', collect, [])
    .option('--origin', 'add # FILE:LINE to each setting', false)
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', EXAMPLE)
    .action(async (names: string[], options: ConfigCommandOptions) => {
      const { runConfig } = await import('./config-run.js');
      done(runConfig(names, options, terminal));
    });
};
