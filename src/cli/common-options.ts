import { type Command, InvalidArgumentError, Option } from 'commander';
import { type DovecotVersion, KNOWN_VERSIONS, parseVersion } from '../knowledge/versions.js';

/** Options that every command with a configuration knows (cli.md). */
export interface ConfigOptions {
  readonly config: string;
  readonly dovecot?: DovecotVersion;
  readonly map: readonly { readonly from: string; readonly to: string }[];
  readonly lenient: boolean;
}

export function parseMap(text: string, previous: ConfigOptions['map']): ConfigOptions['map'] {
  const equals = text.indexOf('=');
  const from = text.slice(0, equals);
  const to = text.slice(equals + 1);
  if (equals < 1 || to === '' || !from.startsWith('/')) {
    throw new InvalidArgumentError(
      'expected FROM=TO with an absolute path FROM, such as /etc/dovecot=./conf',
    );
  }
  return [...previous, { from: from.replace(/(.)\/+$/, '$1'), to: to.replace(/(.)\/+$/, '$1') }];
}

export function parseDovecot(text: string): DovecotVersion {
  const version = parseVersion(text);
  if (version === null) throw new InvalidArgumentError(`known versions are ${KNOWN_VERSIONS}`);
  return version;
}

export function addConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'main configuration file', '/etc/dovecot/dovecot.conf')
    .addOption(
      new Option('--dovecot <version>', 'which Dovecot to be: 2.3, 2.4 or exact').argParser(parseDovecot),
    )
    .option('--map <from=to>', 'read paths below FROM from TO (repeatable)', parseMap, [])
    .option('--lenient', 'go on after an error that Dovecot refuses, stating the reading used', false);
}
