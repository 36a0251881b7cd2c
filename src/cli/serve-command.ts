import { InvalidArgumentError, Option } from 'commander';
import { SERVED_PROTOCOLS, servedProtocol } from '../proxy/login-protocols.js';
import type { ListenOption } from '../serve/listeners.js';
import type { Breaker } from '../serve/operation/backend-health.js';
import { parseAdmin } from './admin-option.js';
import { addConfigOptions, type ConfigOptions } from './common-options.js';
import type { RegisterCommand } from './main.js';

export interface ServeCommandOptions extends ConfigOptions {
  readonly fixture: readonly string[];
  readonly listen: readonly ListenOption[];
  readonly workers: number;
  readonly logFormat: 'dovecot' | 'json';
  readonly logPath?: string;
  readonly user?: string;
  readonly admin?: string;
  readonly breaker?: Breaker;
  readonly http?: { readonly host: string; readonly port: number };
}

const EXAMPLE = `
Example:
  dvproxy serve -c conf/dovecot.conf --fixture maildb.sql --listen imap=127.0.0.1:1143

SIGHUP reloads the configuration (all or nothing), SIGUSR1 opens the log file anew, SIGUSR2 replaces the process without
refusing anybody, SIGTERM and SIGINT let sessions end and stop.
Exit codes: 0 stopped, 1 the configuration cannot be served, 2 wrong usage or an unreadable main file.
`;

export const registerServe: RegisterCommand = (program, terminal, done) => {
  const command = program.command('serve').description('Serve the proxies of a configuration');
  addConfigOptions(command)
    .option(
      '--fixture <path>',
      'answer look-ups from this file instead of the databases (repeatable)',
      collect,
      [],
    )
    .option(
      '--listen <protocol=address:port>',
      `listen here instead (repeatable): ${KNOWN_PROTOCOLS.join(', ')}`,
      parseListen,
      [],
    )
    .addOption(new Option('--workers <n>', 'processes that serve').argParser(parseCount).default(1))
    .addOption(
      new Option('--log-format <format>', 'how log lines look')
        .choices(['dovecot', 'json'])
        .default('dovecot'),
    )
    .option('--log-path <file>', 'append log lines here instead of standard error')
    .option('--user <name>', 'go on as this user when everything is opened')
    .option(
      '--admin <unix:path>',
      'socket for dvproxy who, kick, stats, backend, reload, restart and stop',
      parseAdmin,
    )
    .option(
      '--breaker <failures[:seconds]>',
      'send nobody to a backend after that many failures in a row, for 30 seconds or as many',
      parseBreaker,
    )
    .option('--http <address:port>', 'metrics, health and a status page', parseHttp)
    .addHelpText('after', EXAMPLE)
    .action(async (options: ServeCommandOptions) => {
      const { runServe } = await import('./serve-run.js');
      done(await runServe(options, terminal));
    });
};

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function parseHttp(text: string): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? 65536);
  if (match === null || port > 65535)
    throw new InvalidArgumentError('expected ADDRESS:PORT, such as 127.0.0.1:9102.');
  const host = match[1] ?? '';
  return { host: host === '' || host === '*' ? '0.0.0.0' : host.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Seconds a backend rests where none are given. */
const DEFAULT_REST = 30;

function parseBreaker(text: string): Breaker {
  const match = /^(\d{1,6})(?::(\d{1,6}))?$/.exec(text);
  const failures = Number(match?.[1] ?? 0);
  const seconds = Number(match?.[2] ?? DEFAULT_REST);
  if (failures < 1 || seconds < 1)
    throw new InvalidArgumentError('expected FAILURES or FAILURES:SECONDS, such as 5:30.');
  return { failures, restMs: seconds * 1000 };
}

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('expected a number from 1 on.');
  return count;
}

const KNOWN_PROTOCOLS = SERVED_PROTOCOLS.flatMap((protocol) =>
  protocol === 'sieve' ? [protocol] : [protocol, `${protocol}s`],
);

function parseListen(text: string, previous: readonly ListenOption[]): readonly ListenOption[] {
  const match = /^([a-z0-9]+)=(\[[^\]]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('expected PROTOCOL=ADDRESS:PORT, such as imap=127.0.0.1:1143.');
  const [, name = '', address = '', portText = ''] = match;
  const port = Number(portText);
  const implicitTls = servedProtocol(name) === null;
  const protocol = servedProtocol(implicitTls ? name.replace(/s$/, '') : name);
  if (protocol === null || !KNOWN_PROTOCOLS.includes(name))
    throw new InvalidArgumentError(
      `protocol ${name} is not served; known are ${KNOWN_PROTOCOLS.join(', ')}.`,
    );
  if (port > 65535) throw new InvalidArgumentError('a port is at most 65535.');
  const host = address === '' || address === '*' ? '0.0.0.0' : address.replace(/^\[(.*)\]$/, '$1');
  return [...previous, { protocol, address: host, port, implicitTls }];
}
