import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry, LookupContext } from '../../auth/driver.js';
import type { UserdbDriver, UserdbOutcome } from '../../auth/userdb-driver.js';
import type { Config } from '../../config/config.js';
import type { UserdbBlock } from '../../config/effective.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';
import { readAnswer } from './answer.js';
import { cacheKeyOf, openScript } from './open-script.js';
import { luaRequest } from './request.js';
import type { LuaScript } from './script.js';
import { luaSettings } from './settings.js';

const FUNCTION = 'auth_userdb_lookup';
// Dovecot userdb.h: enum userdb_result
const OK = 1;
const USER_UNKNOWN = -2;

/** Opens a lua userdb. Throws an Error with Dovecot's `auth: Fatal: ` text. */
export async function openLuaUserdb(
  block: UserdbBlock,
  config: Config,
  mapPath: (path: string) => string,
): Promise<UserdbDriver> {
  const series = seriesOf(config.version);
  const set = luaSettings('userdb', block, config);
  const script = await openScript('userdb', series, set, mapPath);
  if (set.cacheKey === null) await cacheKeyOf('userdb', script);
  return {
    name: 'lua',
    blocking: set.blocking,
    lookup: (context) => lookup(series, script, context),
    iterate: () => iterate(script),
    close: async () => script.close(),
  };
}

/** Dovecot 2.3.19.1 and 2.4.1 userdb-lua.c, db-lua.c: auth_lua_call_userdb_lookup */
async function lookup(series: Series, script: LuaScript, context: LookupContext): Promise<UserdbOutcome> {
  const said = await script.call(FUNCTION, luaRequest(series, context), false, null);
  const log: LogEntry[] = [{ level: 'debug', text: `Calling ${FUNCTION}` }, ...said.log];
  const failed = (text: ByteString): UserdbOutcome => ({
    kind: 'internal',
    log: [...log, { level: 'error', text: `userdb-lua: ${text}` }],
  });
  const answer = readAnswer(series, 'userdb', `${FUNCTION}(req)`, said.reports);
  if (answer.kind === 'failed') return failed(answer.text);
  for (const text of answer.warnings) log.push({ level: 'warning', text });
  switch (answer.result) {
    case OK:
      return { kind: 'found', fields: answer.fields, log };
    case USER_UNKNOWN:
      return { kind: 'unknown', log };
    default:
      return failed(answer.reason ?? '');
  }
}

/** Dovecot db-lua.c: auth_lua_call_userdb_iterate_init */
async function* iterate(script: LuaScript): AsyncGenerator<ByteString> {
  const { reports } = await script.list('auth_userdb_iterate');
  const failure = reports.find(([kind]) => kind === 'failed' || kind === 'none');
  if (failure !== undefined)
    throw new Error(`db-lua: ${failure[1] ?? "'auth_userdb_iterate' is not a function"}`);
  for (const [, name = ''] of reports) yield name;
}
