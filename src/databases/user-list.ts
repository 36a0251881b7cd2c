import type { ByteString } from '../../grammar/bytes.js';
import type { IterateContext } from '../auth/userdb-driver.js';
import type { Config } from '../config/config.js';
import { seriesOf } from '../knowledge/versions.js';
import { expandText } from '../variables/expand.js';
import type { VariableScope } from '../variables/scope.js';
import type { Databases } from './open.js';
import { userdbOpener } from './open-userdb.js';
import { replayedUserdbs } from './recording/replayed-databases.js';

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

/**
 * Names of all users of all userdbs that can list them, as `doveadm user '*'` asks for them; one after the other, so
 * that a list of any length takes no memory. Dovecot auth-master-connection.c: master_input_list
 */
export async function* allUsers(options: UserListOptions): AsyncGenerator<ByteString> {
  const { config, databases, mapPath, protocol } = options;
  const { userdbs } = config.effective.auth({ protocol });
  const opener = userdbOpener({ config, databases, systemId: () => 'elsewhere', mapPath });
  const open = replayedUserdbs(databases, opener);
  const context = contextOf(options);
  let asked = 0;
  for (const block of userdbs) {
    const driver = await open(block);
    try {
      if (driver?.iterate === undefined) continue;
      asked += 1;
      yield* driver.iterate(context);
    } catch (error) {
      throw new UserListFailure(error instanceof Error ? error.message : String(error));
    } finally {
      await driver?.close();
    }
  }
  if (asked > 0) return;
  const names = userdbs.map(({ driver }) => driver).join(', ') || 'there is none';
  throw new UserListFailure(`no userdb can list its users: ${names}; give --users FILE`);
}

function contextOf({ config, scope }: UserListOptions): IterateContext {
  const series = seriesOf(config.version);
  return {
    user: '',
    expand: (template, escaping, providers, more) =>
      expandText(
        series,
        template,
        {
          ...scope,
          ...(more?.extra === undefined ? {} : { extra: more.extra }),
          providers: new Map([...scope.providers, ...(providers ?? [])]),
        },
        escaping,
      ),
  };
}
