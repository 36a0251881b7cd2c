import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ByteString } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import type { UserdbBlock } from '../config/effective.js';
import { errnoText } from '../config/errno-text.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import { expand } from '../variables/expand.js';
import type { VariableScope } from '../variables/scope.js';
import type { Databases } from './open.js';
import { hasVariables23, hasVariables24 } from './passwd-file-path.js';

export interface UserListOptions {
  readonly config: Config;
  readonly databases: Databases;
  /** What the iterate query may ask: a request without a user. */
  readonly scope: VariableScope;
  readonly mapPath: (path: string) => string;
  /** Whose userdbs: `imap`, ... */
  readonly protocol: ByteString;
}

/** The users of a configuration cannot be listed, or a list broke off. */
export class UserListFailure extends Error {}

/** Names of all users of all userdbs that can list them, as `doveadm user '*'` asks for them. */
export async function* allUsers(options: UserListOptions): AsyncGenerator<ByteString> {
  const { userdbs } = options.config.effective.auth({ protocol: options.protocol });
  const able = userdbs.filter(({ driver }) => driver === 'sql' || driver === 'passwd-file');
  if (able.length === 0)
    throw new UserListFailure(
      `no userdb can list its users: ${userdbs.map(({ driver }) => driver).join(', ') || 'there is none'}; give --users FILE`,
    );
  for (const block of able)
    yield* block.driver === 'sql' ? sqlUsers(block, options) : fileUsers(block, options);
}

async function* sqlUsers(
  block: UserdbBlock,
  { config, databases, scope }: UserListOptions,
): AsyncGenerator<ByteString> {
  const series = seriesOf(config.version);
  const userdb = await databases.openSqlUserdb(block);
  if (userdb === null) return;
  try {
    yield* userdb.iterate({ expand: (template, escaping) => expand(series, template, scope, escaping) });
  } catch (error) {
    throw new UserListFailure(error instanceof Error ? error.message : String(error));
  }
}

/** Line by line, so that a file of any length takes no memory. Dovecot userdb-passwd-file.c */
async function* fileUsers(block: UserdbBlock, options: UserListOptions): AsyncGenerator<ByteString> {
  const series = seriesOf(options.config.version);
  const path = pathOf(block, series);
  const varies = series === '2.3' ? hasVariables23(path) : hasVariables24(path);
  if (varies)
    throw new UserListFailure(`passwd-file: the path ${path} has variables, its users cannot be listed`);
  const real = options.mapPath(series === '2.3' ? path.replaceAll('%%', '%') : path);
  const input = createReadStream(real, { encoding: 'latin1' });
  try {
    for await (const line of createInterface({ input })) {
      const name = line.split(':', 1)[0] ?? '';
      if (name !== '' && !name.startsWith('#')) yield name;
    }
  } catch (error) {
    throw new UserListFailure(`cannot read ${real}: ${errnoText(error)}`);
  }
}

function pathOf(block: UserdbBlock, series: Series): ByteString {
  if (series === '2.4') return block.setting('passwd_file_path')?.text ?? '';
  return block.args.text.replace(/^username_format=[^ ]* */, '');
}
