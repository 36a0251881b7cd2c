import type { ByteString } from '../../../grammar/bytes.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { seriesOf } from '../../knowledge/versions.js';

/** Which functions of a script are called. */
export type LuaRole = 'passdb' | 'userdb';

export interface LuaSettings {
  readonly file: ByteString;
  readonly blocking: boolean;
  /** null: asked of the script (2.4). */
  readonly cacheKey: ByteString | null;
  readonly defaultScheme: ByteString;
  readonly settings: ReadonlyMap<ByteString, ByteString>;
}

/** Throws an Error with Dovecot's `auth: Fatal: ` text. */
export function luaSettings(role: LuaRole, block: PassdbBlock | UserdbBlock, config: Config): LuaSettings {
  return seriesOf(config.version) === '2.3'
    ? settings23(role, block.args.text)
    : settings24(role, block, config);
}

/** Dovecot 2.3.19.1 passdb-lua.c: passdb_lua_preinit; userdb-lua.c: userdb_lua_preinit */
function settings23(role: LuaRole, args: ByteString): LuaSettings {
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
    else if (role === 'passdb' && word.startsWith('scheme=')) defaultScheme = word.slice(7);
    else throw new Error(`Unsupported parameter ${word}`);
  }
  if (file === null) throw new Error(`${role}-lua: Missing mandatory file= parameter`);
  return { file, blocking, cacheKey, defaultScheme, settings: new Map() };
}

function settings24(role: LuaRole, block: PassdbBlock | UserdbBlock, config: Config): LuaSettings {
  const file = (block.setting('lua_file') ?? config.effective.setting('lua_file'))?.text ?? '';
  if (file === '') throw new Error(`${role}-lua: lua_file setting is empty`);
  const settings = new Map<ByteString, ByteString>();
  for (const part of (block.setting('lua_settings')?.text ?? '').split(/\s+/)) {
    const equals = part.indexOf('=');
    if (equals > 0) settings.set(part.slice(0, equals), part.slice(equals + 1));
  }
  return {
    file,
    blocking: block.useWorker,
    cacheKey: null,
    defaultScheme: (block.kind === 'passdb' ? block.defaultPasswordScheme : null) ?? 'PLAIN',
    settings,
  };
}
