import { type Command, InvalidArgumentError, Option } from 'commander';
import { type DovecotVersion, KNOWN_VERSIONS, parseVersion } from '../knowledge/versions.js';
import type { RegisterCommand } from './main.js';

export interface ExpandOptions {
  readonly dovecot?: DovecotVersion;
  readonly config?: string;
  readonly var: readonly (readonly [name: string, value: string])[];
  readonly escape: 'none' | 'sqlite' | 'mysql' | 'pgsql' | 'ldap';
  readonly trace: boolean;
  readonly format: 'text' | 'json';
  /** `--user`, `--local-ip`, ... by their names in camel case. */
  readonly [option: string]: unknown;
}

/** Options that set one variable each: name, argument, help, and the variable's 2.4 name. */
export const VARIABLE_OPTIONS = [
  ['user', 'name', 'current user name', 'user'],
  ['service', 'name', 'imap, pop3, lmtp, submission, sieve, ... (default imap)', 'protocol'],
  ['password', 'text', 'password (other users of this machine can see it)', 'password'],
  ['mech', 'name', 'SASL mechanism (default PLAIN)', 'mechanism'],
  ['local-ip', 'address', 'address that the client connected to', 'local_ip'],
  ['local-port', 'port', 'its port', 'local_port'],
  ['remote-ip', 'address', "the client's address", 'remote_ip'],
  ['remote-port', 'port', 'its port', 'remote_port'],
  ['real-local-ip', 'address', 'the same behind a trusted proxy', 'real_local_ip'],
  ['real-local-port', 'port', '', 'real_local_port'],
  ['real-remote-ip', 'address', '', 'real_remote_ip'],
  ['real-remote-port', 'port', '', 'real_remote_port'],
  ['local-name', 'name', 'TLS server name', 'local_name'],
  ['client-id', 'text', 'IMAP ID of the client', 'client_id'],
  ['session', 'id', 'session id', 'session'],
  ['original-user', 'name', 'name as the client sent it (default: the user)', 'original_user'],
  ['login-user', 'name', 'wanted user inside a master passdb', 'login_user'],
  ['master', 'name', 'master user that logged in', 'master_user'],
] as const;

const EXAMPLE = `
Example:
  dvproxy expand --user Jane@Example.COM '%Ln-%{domain}'
  dvproxy expand --dovecot 2.4 --user Jane@Example.COM --trace '%{user | domain | lower}'
  dvproxy expand --user jane --var passdb:host=10.1.2.3 --escape mysql "SELECT '%u', '%{passdb:host}'"

--var takes 2.3 long names or letters, 2.4 names, and passdb:X, userdb:X, env:X and other prefixes.
Exit codes: 0 fine, 1 Dovecot refuses the expression, 2 wrong usage.
`;

export const registerExpand: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('expand')
    .description('Evaluate one variable expression as Dovecot does')
    .argument('<expression>', "text with variables, such as '%Lu' or '%{user | lower}'")
    .addOption(
      new Option('--dovecot <version>', 'which Dovecot to be: 2.3 (default), 2.4 or exact').argParser(
        parseDovecot,
      ),
    )
    .option('-c, --config <file>', 'be the Dovecot that this main file is written for');
  for (const [name, argument, help] of VARIABLE_OPTIONS)
    command.option(`--${name} <${argument}>`, help === '' ? `as above` : help);
  command
    .addOption(new Option('--secured <how>', 'none, tls or yes').choices(['none', 'tls', 'yes']))
    .option('--var <name=value>', 'any other variable (repeatable)', parseVariable, [])
    .addOption(
      new Option('--escape <place>', 'make values safe as for this database')
        .choices(['none', 'sqlite', 'mysql', 'pgsql', 'ldap'])
        .default('none'),
    )
    .option('--trace', 'show each step', false)
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText('after', EXAMPLE)
    .action(async (expression: string, options: ExpandOptions, self: Command) => {
      const { runExpand } = await import('./expand-run.js');
      done(runExpand(expression, options, self, terminal));
    });
};

function parseDovecot(text: string): DovecotVersion {
  const version = parseVersion(text);
  if (version === null) throw new InvalidArgumentError(`known versions are ${KNOWN_VERSIONS}`);
  return version;
}

function parseVariable(text: string, previous: ExpandOptions['var']): ExpandOptions['var'] {
  const equals = text.indexOf('=', 1);
  if (equals < 1) throw new InvalidArgumentError('expected NAME=VALUE, such as passdb:host=10.1.2.3.');
  return [...previous, [text.slice(0, equals), text.slice(equals + 1)]];
}
