import { readFileSync } from 'node:fs';
import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { LogEntry, LookupContext, LookupOutcome, PassdbDriver, RowField } from '../../auth/driver.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import { type Series, seriesOf } from '../../knowledge/versions.js';
import { verifyPassword } from '../../passwords/verify-password.js';
import { LONG_TABLE_23, TABLE_24 } from '../../variables/auth-table.js';
import { type LuaRequest, LuaScript, type Report } from './script.js';

interface LuaSettings {
  readonly file: ByteString;
  readonly blocking: boolean;
  /** null: asked of the script (2.4). */
  readonly cacheKey: ByteString | null;
  readonly defaultScheme: ByteString;
  readonly settings: ReadonlyMap<ByteString, ByteString>;
}

/** Opens a lua passdb. Throws an Error with Dovecot's `auth: Fatal: ` text. */
export async function openLua(
  block: PassdbBlock,
  config: Config,
  mapPath: (path: string) => string,
): Promise<PassdbDriver> {
  const series = seriesOf(config.version);
  const set = series === '2.3' ? settings23(block.args.text) : settings24(block, config);
  const source = readScript(set.file, mapPath);
  let script: LuaScript;
  try {
    script = await LuaScript.open(series, set.file, source, set.settings);
  } catch (error) {
    const step = series === '2.3' ? 'initialization' : 'script_init()';
    throw new Error(`passdb-lua: ${step} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  const verifies = await script.hasFunction('auth_password_verify');
  let cacheKey = set.cacheKey;
  if (cacheKey === null && (await script.hasFunction('auth_passdb_get_cache_key'))) {
    const [type, value] = await script.value('auth_passdb_get_cache_key');
    if (type !== 'string')
      throw new Error(
        `passdb-lua: auth_passdb_get_cache_key() failed: ${type === 'failed' ? value : `invalid return value (expected string, got ${type})`}`,
      );
    cacheKey = value ?? '';
  }
  return {
    name: 'lua',
    canLookupCredentials: true,
    blocking: set.blocking,
    cacheKeyTemplates: cacheKey === null || cacheKey === '' ? [] : [cacheKey],
    lookup: (context) =>
      lookup(series, script, verifies, set.defaultScheme, series === '2.3' && set.blocking, context),
    close: async () => script.close(),
  };
}

/** Dovecot 2.3.19.1 passdb-lua.c: passdb_lua_preinit */
function settings23(args: ByteString): LuaSettings {
  let file: ByteString | null = null;
  let blocking = true;
  let cacheKey: ByteString = '%u';
  let defaultScheme: ByteString = 'PLAIN';
  for (const word of args.split(' ')) {
    if (word === '') continue;
    if (word.startsWith('file=')) file = word.slice(5);
    else if (word.startsWith('blocking=')) {
      const value = word.slice(9);
      if (value !== 'yes' && value !== 'no')
        throw new Error(`Invalid value ${value}. Field blocking must be yes or no`);
      blocking = value === 'yes';
    } else if (word.startsWith('cache_key=')) cacheKey = word.slice(10);
    else if (word.startsWith('scheme=')) defaultScheme = word.slice(7);
    else throw new Error(`Unsupported parameter ${word}`);
  }
  if (file === null) throw new Error('passdb-lua: Missing mandatory file= parameter');
  return { file, blocking, cacheKey, defaultScheme, settings: new Map() };
}

function settings24(block: PassdbBlock, config: Config): LuaSettings {
  const file = (block.setting('lua_file') ?? config.effective.setting('lua_file'))?.text ?? '';
  if (file === '') throw new Error('passdb-lua: lua_file setting is empty');
  const settings = new Map<ByteString, ByteString>();
  for (const part of (block.setting('lua_settings')?.text ?? '').split(/\s+/)) {
    const equals = part.indexOf('=');
    if (equals > 0) settings.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return {
    file,
    blocking: block.useWorker,
    cacheKey: null,
    defaultScheme: block.defaultPasswordScheme ?? 'PLAIN',
    settings,
  };
}

function readScript(path: ByteString, mapPath: (path: string) => string): ByteString {
  try {
    return readFileSync(mapPath(toUtf8(path)), 'latin1');
  } catch (error) {
    const { code } = error as { code?: string };
    const reason =
      code === 'ENOENT'
        ? 'No such file or directory'
        : code === 'EACCES'
          ? 'Permission denied'
          : String(code);
    throw new Error(`passdb-lua: initialization failed: stat(${path}) failed: ${reason}`);
  }
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
  workerLogs: boolean,
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
  const answer = readAnswer(series, name, byScript, said.reports);
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
  // Elsewhere the 2.3 auth-worker keeps this line to itself. observed
  if (given === '' && !nopassword && workerLogs && !context.alreadyAuthenticated && request.mode === 'verify')
    log.push({ level: 'info', text: 'No password returned (and no nopassword)' });
  const row: RowField[] = given === '' ? others : [...others, ['password', given]];
  return { kind: 'found', fields: row, defaultScheme, log };
}

type Answer =
  | { readonly kind: 'failed'; readonly text: ByteString }
  | {
      readonly kind: 'answer';
      readonly result: number;
      readonly fields: readonly RowField[];
      readonly reason: ByteString | null;
      readonly warnings: readonly ByteString[];
    };

/** What the function gave back, and whether it is of the types that this version takes. */
function readAnswer(series: Series, name: string, byScript: boolean, reports: readonly Report[]): Answer {
  const [first = []] = reports;
  if (first[0] !== 'result') return { kind: 'failed', text: first[1] ?? 'no result' };
  const value = reports.find(([kind]) => kind === 'value') ?? ['value', 'nil', ''];
  const [, type = 'nil', text = ''] = value;
  const shown = byScript ? name : `${name}(req)`;
  const wrong = (what: string, expected: string, got: string): Answer => ({
    kind: 'failed',
    text: `db-lua: ${shown} invalid ${what}return value (expected ${expected} got ${got})`,
  });
  const isNumber = first[2] !== '';
  if (!isNumber) return wrong('', 'number', first[1] ?? 'nil');
  const result = Number(first[2]);
  // Lua takes a number for a string.
  const isString = type === 'string' || type === 'number';
  if (series === '2.3') {
    if (!isString && type !== 'table') return wrong('', 'string or table,', type);
  } else if (result === OK) {
    if (type !== 'table' && type !== 'nil') return wrong('', 'nil or table,', type);
  } else if (!isString && type !== 'nil') return wrong('error ', 'nil or string,', type);
  const warnings: ByteString[] = [];
  let fields: RowField[] = [];
  let reason: ByteString | null = isString ? text : null;
  if (type === 'table') {
    if (result !== OK) reason = 'passb failed';
    else
      fields = reports.flatMap(([kind, key = '', valueType = '', shownValue = '']): RowField[] => {
        if (kind !== 'field') return [];
        if (['number', 'boolean', 'string'].includes(valueType)) return [[key, shownValue]];
        warnings.push(`db-lua: '${key}' has invalid value type ${valueType} - ignoring`);
        return [[key, '']];
      });
  } else if (series === '2.3' && (result === OK || result === NEXT)) {
    fields = text.split(' ').flatMap((word): RowField[] => {
      if (word === '') return [];
      const equals = word.indexOf('=');
      return [equals === -1 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)]];
    });
  } else if (series === '2.4' && type === 'nil' && result !== OK) reason = 'passdb failed';
  return { kind: 'answer', result, fields, reason, warnings };
}

function luaRequest(series: Series, context: LookupContext): LuaRequest {
  const names = series === '2.3' ? LONG_TABLE_23 : TABLE_24;
  return {
    variable(name) {
      if (!names.has(name)) return null;
      const expansion = context.expand(`%{${name}}`);
      return expansion.kind === 'ok' && expansion.text !== '' ? expansion.text : null;
    },
    expand(template) {
      const expansion = context.expand(template);
      if (expansion.kind === 'ok') return `V${expansion.text}`;
      // An unknown variable is no failure here. Dovecot 2.3.19.1 db-lua.c: auth_request_lua_do_var_expand
      return expansion.partial === undefined ? `E${expansion.message}` : `V${expansion.partial}`;
    },
    field: (name) => context.extraField(name),
    async verify(stored, plaintext) {
      const verdict = await verifyPassword({
        series,
        stored,
        defaultScheme: 'PLAIN',
        plaintext,
        user: context.request.user,
        allowWeakSchemes: context.settings.allowWeakSchemes,
      });
      switch (verdict.kind) {
        case 'match':
          return '1 ';
        case 'mismatch':
          return '0 ';
        case 'unknown-scheme':
          return `0 ${verdict.message}`;
        default:
          return `-1 ${verdict.message}`;
      }
    },
  };
}
