import type { ByteString } from '../../../grammar/bytes.js';
import type { Config } from '../../config/config.js';
import type { DatabaseBlock } from '../../config/effective.js';

/** One `key NAME { }` of the file. */
export interface DictKey {
  readonly name: ByteString;
  /** Still holds variables. */
  readonly key: ByteString;
  readonly format: 'value' | 'json';
  /** null: a key that is missing means an unknown user. */
  readonly defaultValue: ByteString | null;
}

type DictField = readonly [name: ByteString, template: ByteString];

/** A dict passdb or userdb of 2.3, ready to be opened. */
export interface DictSettings {
  readonly uri: ByteString;
  readonly defaultScheme: ByteString;
  readonly keys: readonly DictKey[];
  readonly fields: readonly DictField[];
  /** Names of keys whose JSON objects are fields. */
  readonly objects: readonly ByteString[];
  readonly iteratePrefix: ByteString;
  readonly iterateDisable: boolean;
}

/** Something that stops the auth process at its start; the message is the text behind `auth: Fatal: `. */
class DictStartError extends Error {}

/** Throws DictStartError. Dovecot 2.3.19.1 db-dict.c: db_dict_init */
export function dictSettings(
  role: 'passdb' | 'userdb',
  block: Pick<DatabaseBlock, 'args'>,
  config: Config,
): DictSettings {
  const path = block.args.text;
  if (path === '') throw new DictStartError('dict: Configuration file path not given');
  const file = config.extFile(path, 'dict');
  const fatal = file.problems.find(({ severity, dovecot }) => severity === 'error' && dovecot !== null);
  if (fatal?.dovecot) {
    const text = fatal.dovecot.message;
    throw new DictStartError(/^dict[ :]/.test(text) ? text : `dict ${path}: ${text}`);
  }
  const value = (name: string): ByteString | null => {
    const written = file.values.get(name);
    return written === undefined || written.origin === null ? null : written.text;
  };
  const keys: DictKey[] = [];
  const fields: DictField[] = [];
  const seen = new Set<string>();
  for (const [name, { text }] of file.values) {
    const [section, key] = /^([^/]+)\/(.+)$/.exec(name)?.slice(1) ?? [];
    if (section === `${role}_fields` && key !== undefined) fields.push([key, text]);
    const found = /^key\/(.*)\/[^/]+$/.exec(name)?.[1];
    if (found === undefined || seen.has(found)) continue;
    seen.add(found);
    keys.push({
      name: found,
      key: value(`key/${found}/key`) ?? '',
      format: value(`key/${found}/format`) === 'json' ? 'json' : 'value',
      defaultValue: value(`key/${found}/default_value`),
    });
  }
  return {
    uri: file.get('uri'),
    defaultScheme: file.get('default_pass_scheme'),
    keys,
    fields,
    objects: file
      .get(`${role}_objects`)
      .split(' ')
      .filter((name) => name !== ''),
    iteratePrefix: file.get('iterate_prefix'),
    iterateDisable: file.get('iterate_disable') === 'yes',
  };
}
