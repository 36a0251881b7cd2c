import type { ByteString } from '../../../grammar/bytes.js';
import type { PassdbDriver } from '../../auth/driver.js';
import type { IterateContext, UserdbDriver } from '../../auth/userdb-driver.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { DictFailure, type Dictionary } from './dictionary.js';
import { lookUpKeys, usedKeys } from './lookup.js';
import { openDictionary } from './open.js';
import { type DictSettings, dictSettings } from './settings.js';

/** Opens a dict passdb; 2.3 only. Throws an Error with Dovecot's `auth: Fatal: ` text. Dovecot 2.3.19.1 passdb-dict.c */
export function openDict(
  block: PassdbBlock,
  config: Config,
  mapPath: (path: string) => string,
): PassdbDriver {
  const settings = dictSettings('passdb', block, config);
  const dictionary = openDictionary(settings, block.args.text, mapPath);
  return {
    name: 'dict',
    canLookupCredentials: true,
    blocking: true,
    cacheKeyTemplates: [
      ...usedKeys(settings).map(({ key }) => key),
      ...settings.fields.map(([, template]) => template.replace(/%[^{%]*\{dict:[^}]*\}/g, '')),
    ],
    async lookup(context) {
      if (isEmpty(settings)) return nothingSaid('passdb');
      const outcome = await lookUpKeys(settings, dictionary, context);
      return outcome.kind === 'found' ? { ...outcome, defaultScheme: settings.defaultScheme } : outcome;
    },
    close: () => dictionary.close(),
  };
}

/** Opens a dict userdb; 2.3 only. Throws as openDict does. Dovecot 2.3.19.1 userdb-dict.c */
export function openDictUserdb(
  block: UserdbBlock,
  config: Config,
  mapPath: (path: string) => string,
): UserdbDriver {
  const settings = dictSettings('userdb', block, config);
  const dictionary = openDictionary(settings, block.args.text, mapPath);
  return {
    name: 'dict',
    blocking: true,
    lookup: async (context) =>
      isEmpty(settings) ? nothingSaid('userdb') : lookUpKeys(settings, dictionary, context),
    iterate: (context) => iterate(settings, dictionary, context),
    close: () => dictionary.close(),
  };
}

function isEmpty({ fields, objects }: DictSettings): boolean {
  return fields.length === 0 && objects.length === 0;
}

function nothingSaid(role: 'passdb' | 'userdb') {
  const text = `No ${role}_objects or ${role}_fields specified`;
  return { kind: 'internal', log: [{ level: 'error', text }] } as const;
}

/** Names behind the prefix. Dovecot 2.3.19.1 userdb-dict.c: userdb_dict_iterate_init */
async function* iterate(
  { iteratePrefix, iterateDisable }: DictSettings,
  dictionary: Dictionary,
  context: IterateContext,
): AsyncGenerator<ByteString> {
  if (iteratePrefix === '') {
    if (iterateDisable) return;
    throw new Error('iterate: iterate_prefix not set');
  }
  const expansion = context.expand(iteratePrefix);
  if (expansion.kind === 'error')
    throw new Error(`Failed to expand iterate_prefix=${iteratePrefix}: ${expansion.message}`);
  const prefix = `shared/${expansion.text}`;
  if (dictionary.keys === undefined)
    throw new Error(`dict_iterate(${prefix}) failed: dict doesn't support iteration`);
  try {
    for await (const key of dictionary.keys(prefix)) yield key.slice(prefix.length);
  } catch (error) {
    if (error instanceof DictFailure) throw new Error(`dict_iterate(${prefix}) failed: ${error.message}`);
    throw error;
  }
}
