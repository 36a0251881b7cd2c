import { readFileSync } from 'node:fs';
import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';
import { LuaScript } from './script.js';
import type { LuaRole, LuaSettings } from './settings.js';

/** Throws an Error with Dovecot's `auth: Fatal: ` text. */
export async function openScript(
  role: LuaRole,
  series: Series,
  { file, settings }: LuaSettings,
  mapPath: (path: string) => string,
): Promise<LuaScript> {
  const source = readScript(role, file, mapPath);
  try {
    return await LuaScript.open(series, file, source, settings);
  } catch (error) {
    const step = series === '2.3' ? 'initialization' : 'script_init()';
    throw new Error(`${role}-lua: ${step} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The 2.4 script's own word for the cache; '' where it has none. Throws as openScript does. */
export async function cacheKeyOf(role: LuaRole, script: LuaScript): Promise<ByteString> {
  const name = `auth_${role}_get_cache_key`;
  if (!(await script.hasFunction(name))) return '';
  const [type, value] = await script.value(name);
  if (type === 'string') return value ?? '';
  const reason = type === 'failed' ? value : `invalid return value (expected string, got ${type})`;
  throw new Error(`${role}-lua: ${name}() failed: ${reason}`);
}

function readScript(role: LuaRole, path: ByteString, mapPath: (path: string) => string): ByteString {
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
    throw new Error(`${role}-lua: initialization failed: stat(${path}) failed: ${reason}`);
  }
}
