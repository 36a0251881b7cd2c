import type { ByteString } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import type { Written } from './origin.js';
import type { ConfigProblem } from './problem.js';

/** Files of the auth process: `args` of a passdb or userdb. */
export type AuthExtKind = 'sql' | 'ldap' | 'oauth2' | 'dict';

/** Files of the dict process: `dict { NAME = mysql:FILE }`, `ldap:FILE`. */
export type DictMapKind = 'dict-sql' | 'dict-ldap';

export type ExtKind = AuthExtKind | DictMapKind;

/** One `*.conf.ext` file of 2.3, read with the rules of its kind (config-language.md section 7). */
export interface ExtFile {
  readonly kind: ExtKind;
  readonly path: string;
  readonly sources: readonly Source[];
  /** Every key of the kind's table, with its default where the file is silent. */
  readonly values: ReadonlyMap<string, Written>;
  readonly problems: readonly ConfigProblem[];
  /** The key's value; '' where it is unset. */
  get(key: string): ByteString;
}
