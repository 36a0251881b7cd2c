import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry, LookupContext, LookupOutcome, PassdbDriver, RowField } from '../../auth/driver.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';
import { readAnswer } from './answer.js';
import { cacheKeyOf, openScript } from './open-script.js';
import { luaRequest } from './request.js';
import type { LuaScript } from './script.js';
import { luaSettings } from './settings.js';

/** Opens a lua passdb. Throws an Error with Dovecot's `auth: Fatal: ` text. */
export async function openLua(
  block: PassdbBlock,
  config: Config,
  mapPath: (path: string) => string,
): Promise<PassdbDriver> {
  const series = seriesOf(config.version);
  const set = luaSettings('passdb', block, config);
  const script = await openScript('passdb', series, set, mapPath);
  const verifies = await script.hasFunction('auth_password_verify');
  const cacheKey = set.cacheKey ?? (await cacheKeyOf('passdb', script));
  return {
    name: 'lua',
    canLookupCredentials: true,
    blocking: set.blocking,
    cacheKeyTemplates: cacheKey === '' ? [] : [cacheKey],
    lookup: (context) => lookup(series, script, verifies, set.defaultScheme, context),
    close: async () => script.close(),
  };
}

/** Dovecot passdb.h: enum passdb_result */
const OK = 1;
const MISMATCH = 0;
const SCHEME_NOT_AVAILABLE = -2;
const USER_UNKNOWN = -3;
const USER_DISABLED = -4;
const PASS_EXPIRED = -5;
const NEXT = -6;

/** Dovecot 2.3.19.1 and 2.4.1 passdb-lua.c, db-lua.c */
async function lookup(
  series: Series,
  script: LuaScript,
  verifies: boolean,
  defaultScheme: ByteString,
  context: LookupContext,
): Promise<LookupOutcome> {
  const { request } = context;
  const byScript = verifies && request.mode === 'verify';
  // Nobody knows the password: the chain takes it as right and says so.
  if (byScript && request.password === null)
    return { kind: 'found', fields: [], defaultScheme, compares: '{PLAIN}' };
  const name = byScript ? 'auth_password_verify' : 'auth_passdb_lookup';
  const password = byScript ? request.password : null;
  const said = await script.call(name, luaRequest(series, context), context.alreadyAuthenticated, password);
  const log: LogEntry[] = [{ level: 'debug', text: `Calling ${name}` }, ...said.log];
  const failed = (text: ByteString): LookupOutcome => ({
    kind: 'internal',
    log: [...log, { level: 'error', text: `${byScript ? 'passdb-lua' : 'db-lua'}: ${text}` }],
  });
  const answer = readAnswer(series, 'passdb', byScript ? name : `${name}(req)`, said.reports);
  if (answer.kind === 'failed') return failed(answer.text);
  const { result, fields, reason } = answer;
  for (const text of answer.warnings) log.push({ level: 'warning', text });
  switch (result) {
    case OK:
      break;
    case NEXT:
      return {
        kind: 'found',
        fields: [...fields, ['noauthenticate', '']],
        defaultScheme,
        verified: 'ok',
        log,
      };
    case MISMATCH:
      return {
        kind: 'found',
        fields,
        defaultScheme,
        verified: 'mismatch',
        ...(byScript ? { mismatchText: 'Password mismatch' } : {}),
        log,
      };
    case SCHEME_NOT_AVAILABLE:
      return { kind: 'found', fields, defaultScheme, verified: 'mismatch', log };
    case USER_UNKNOWN:
      return { kind: 'unknown', silent: true, log };
    case USER_DISABLED:
      return { kind: 'disabled', log };
    case PASS_EXPIRED:
      return { kind: 'expired', log };
    default:
      return reason === null ? { kind: 'internal', log } : failed(reason);
  }
  if (byScript) return { kind: 'found', fields, defaultScheme, verified: 'ok', log };
  const others = fields.filter(([key]) => key !== 'password');
  const given = fields.findLast(([key]) => key === 'password')?.[1] ?? '';
  const nopassword =
    others.some(([key]) => key === 'nopassword') || context.extraField('nopassword') !== null;
  if (nopassword && given !== '') {
    log.push({ level: 'info', text: 'nopassword given and password is not empty' });
    return { kind: 'found', fields: others, defaultScheme, verified: 'mismatch', log };
  }
  const row: RowField[] = given === '' ? others : [...others, ['password', given]];
  return { kind: 'found', fields: row, defaultScheme, log };
}
