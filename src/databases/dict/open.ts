import type { ByteString } from '../../../grammar/bytes.js';
import type { Dictionary } from './dictionary.js';
import { FileDict } from './file-dict.js';
import { parseRedisUri, RedisDict } from './redis.js';
import type { DictSettings } from './settings.js';

/** Dictionaries that the auth process of 2.3 knows and dvproxy does not ask. */
const NOT_ASKED = ['proxy', 'fs', 'memcached', 'memcached_ascii', 'fail'];

/** Throws an Error with Dovecot's `auth: Fatal: ` text. Dovecot 2.3.19.1 dict.c: dict_init */
export function openDictionary(
  { uri }: Pick<DictSettings, 'uri'>,
  path: ByteString,
  mapPath: (path: string) => string,
): Dictionary {
  const fatal = (text: ByteString): Error => new Error(`dict ${path}: ${text}`);
  if (uri === '') throw fatal('Empty uri setting');
  const colon = uri.indexOf(':');
  if (colon === -1) throw fatal(`Failed to init dict: Dictionary URI is missing ':': ${uri}`);
  const name = uri.slice(0, colon);
  const rest = uri.slice(colon + 1);
  switch (name) {
    case 'file': {
      const [file = '', ...parameters] = rest.split(':');
      const wrong = parameters.join(':');
      if (parameters.length > 0 && !/^lock=(?:fcntl|flock)$/.test(wrong))
        throw fatal(`Failed to init dict: dict file: Invalid parameter: ${wrong.slice(1)}`);
      return new FileDict(file, mapPath);
    }
    case 'redis':
      try {
        return new RedisDict(parseRedisUri(rest));
      } catch (error) {
        throw fatal(
          `Failed to init dict: dict redis: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    default:
      if (!NOT_ASKED.includes(name)) throw fatal(`Failed to init dict: Unknown dict module: ${name}`);
      throw new Error(`dvproxy asks dictionaries of kind file and redis only, not uri = ${uri}`);
  }
}
