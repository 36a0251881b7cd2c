import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DovecotVersion } from '../knowledge/versions.js';
import { addConfigOptions, type ConfigOptions, parseDovecot, parseMap } from './common-options.js';
import type { RegisterCommand } from './main.js';

export interface SimulateOptions extends ConfigOptions {
  readonly service?: string;
  readonly mech?: string;
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly realLocalIp: string;
  readonly realLocalPort: number;
  readonly realRemoteIp: string;
  readonly realRemotePort: number;
  readonly localName: string;
  readonly clientId: string;
  readonly session: string;
  readonly secured: 'none' | 'tls' | 'yes';
  readonly master?: string;
  readonly lookup: boolean;
  readonly forward: readonly (readonly [string, string])[];
  readonly password?: string;
  readonly passwordFile?: string;
  readonly passwordStdin: boolean;
  readonly passwordPrompt: boolean;
  readonly fixture: readonly string[];
  readonly record?: string;
  readonly recordSecrets: boolean;
  readonly resolve: boolean;
  readonly connect: boolean;
  readonly login: boolean;
  readonly askPolicy: boolean;
  readonly users?: string;
  readonly allUsers: boolean;
  readonly workers: number;
  readonly expect?: string;
  readonly compare?: string;
  readonly compareMap: ConfigOptions['map'];
  readonly compareDovecot?: DovecotVersion;
  readonly format: 'text' | 'json' | 'doveadm' | 'mermaid' | 'html';
  readonly why?: string;
  readonly explain: boolean;
  readonly verbose: number;
  readonly showSecrets: boolean;
}

const MAX_WORKERS = 128;

const EXAMPLE = `
Example:
  dvproxy simulate bob@example.com --service imap --remote-ip 192.0.2.7
  dvproxy simulate bob@example.com -c conf/dovecot.conf --fixture maildb.sql --lenient
  dvproxy simulate --users users.csv --compare new/dovecot.conf --fixture maildb.sql
  dvproxy simulate --all-users --format html > users.html

Without one of the password options the client's password is taken as right wherever one is checked.
Exit codes: 0 the user gets in, 1 refused (or different, or not as expected), 75 a database or the destination did not
answer, 2 wrong usage.
`;

export const registerSimulate: RegisterCommand = (program, terminal, done) => {
  const command = program
    .command('simulate')
    .description("Walk the passdb chain as Dovecot's auth process does, and say where the user goes and why")
    .argument('[user]', 'name as the client sends it');
  addConfigOptions(command);
  addQuestionOptions(command);
  addPasswordOptions(command);
  command
    .option('--fixture <file>', 'answer databases from a file instead (repeatable)', collect, [])
    .option('--record <dir>', 'write what the databases answer to DIR/recording.yaml, for --fixture')
    .option('--record-secrets', 'keep passwords in the recording as they are', false)
    .option('--resolve', 'look hosts up in DNS: those of proxies, and of local and remote blocks', false)
    .option(
      '--connect',
      'try the destination for real: TCP, TLS, greeting, and the login where a password is known',
      false,
    )
    .option('--ask-policy', 'ask the policy server (auth_policy_server_url), too', false)
    .option('--no-login', 'with --connect: stop before the credentials are sent')
    .option('--users <file>', 'ask for many users: one a line, or CSV with a header; - reads standard input')
    .option('--all-users', 'ask for all users that the userdbs list (iterate_query, passwd-file)', false)
    .addOption(
      new Option('--workers <n>', 'threads that answer many users, each with its own databases')
        .argParser(parseWorkers)
        .default(1),
    )
    .option(
      '--expect <file>',
      'CSV or YAML with user, outcome and fields as they should be; exit 1 where one differs',
    )
    .option('--compare <file>', 'ask another configuration too and print what differs; exit 1 if anything')
    .option(
      '--compare-map <from=to>',
      'as --map, for the other configuration (default: beside it)',
      parseMap,
      [],
    )
    .addOption(
      new Option(
        '--compare-dovecot <version>',
        'as --dovecot, for the other configuration (default: what it says itself)',
      ).argParser(parseDovecot),
    )
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['text', 'json', 'doveadm', 'mermaid', 'html'])
        .default('text'),
    )
    .option('--why <field>', 'tell the story of one field of the answer')
    .option('--explain', 'ask the SQL databases how they find the rows of each query (EXPLAIN)', false)
    .option('-v, --verbose', 'more: names, log, changes of fields; -vv the debug log too', count, 0)
    .option('--show-secrets', 'do not mask passwords', false)
    .addHelpText('after', EXAMPLE)
    .action(async (user: string | undefined, options: SimulateOptions, self: Command) => {
      const { runSimulate } = await import('./simulate-run.js');
      done(await runSimulate(user, options, self, terminal));
    });
};

function addQuestionOptions(command: Command): void {
  command
    .option('--service <name>', 'imap, pop3, lmtp, submission, sieve, ... (default: imap)')
    .option('--mech <name>', 'SASL mechanism (default: PLAIN)')
    .option('--local-ip <ip>', 'address the client connected to', ip, '')
    .option('--local-port <port>', 'port the client connected to', port, 0)
    .option('--remote-ip <ip>', 'address of the client', ip, '')
    .option('--remote-port <port>', 'port of the client', port, 0)
    .option('--real-local-ip <ip>', 'of the TCP connection itself, behind another proxy', ip, '')
    .option('--real-local-port <port>', 'likewise', port, 0)
    .option('--real-remote-ip <ip>', 'likewise', ip, '')
    .option('--real-remote-port <port>', 'likewise', port, 0)
    .option('--local-name <name>', 'TLS server name (SNI)', '')
    .option('--client-id <list>', 'what the client sent in its IMAP ID', '')
    .option('--session <id>', 'session id', '')
    .addOption(
      new Option('--secured <how>', 'connection of the client')
        .choices(['none', 'tls', 'yes'])
        .default('none'),
    )
    .option('--master <user>', 'this master user logs in as USER')
    .option('--lookup', 'look the user up without password, as LMTP does', false)
    .option('--forward <name=value>', 'forward_NAME field of a trusted client (repeatable)', pair, []);
}

function addPasswordOptions(command: Command): void {
  command
    .option('--password-prompt', 'ask for the password at the terminal', false)
    .option('--password-stdin', 'read the password from standard input (first line)', false)
    .option('--password-file <file>', 'read the password from a file (first line)')
    .option('--password <password>', 'the password itself: other users of the machine can see it');
}

function collect(text: string, previous: readonly string[]): readonly string[] {
  return [...previous, text];
}

function count(_text: string, previous: number): number {
  return previous + 1;
}

function ip(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('expected an IP address.');
  return text;
}

function parseWorkers(text: string): number {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers < 1 || workers > MAX_WORKERS)
    throw new InvalidArgumentError(`expected a number from 1 to ${MAX_WORKERS}.`);
  return workers;
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('expected a port number.');
  return Number(text);
}

function pair(text: string, previous: readonly (readonly [string, string])[]) {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('expected NAME=VALUE.');
  return [...previous, [text.slice(0, equals), text.slice(equals + 1)] as const];
}
