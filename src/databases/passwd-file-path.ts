import { posix } from 'node:path';
import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';

export interface PasswdFileArgs {
  readonly path: ByteString;
  readonly defaultScheme: ByteString;
  /** null: auth_username_format of the request (2.4). */
  readonly usernameFormat: ByteString | null;
}

/** Path, default scheme and key of a passwd-file passdb. Throws Dovecot's fatal text. */
export function passwdFileArgs(block: PassdbBlock, series: Series): PasswdFileArgs {
  return series === '2.3' ? args23(block.args.text) : settings24(block);
}

/** `[scheme=S] [username_format=F] PATH`. Dovecot 2.3.19.1 passdb-passwd-file.c: passwd_file_preinit */
function args23(text: ByteString): PasswdFileArgs {
  let rest = text;
  let defaultScheme = 'CRYPT';
  let usernameFormat = '%u';
  while (rest !== '' && !rest.startsWith('/')) {
    const equals = rest.indexOf('=');
    const key = equals === -1 ? rest : rest.slice(0, equals);
    const from = equals === -1 ? 0 : equals + 1;
    const space = rest.indexOf(' ', from);
    const value = equals === -1 ? '' : rest.slice(from, space === -1 ? undefined : space);
    rest = space === -1 ? '' : rest.slice(space + 1);
    if (key === 'scheme') defaultScheme = value;
    else if (key === 'username_format') usernameFormat = value;
    else throw new Error(`passdb passwd-file: Unknown setting: ${key}`);
  }
  if (rest === '') throw new Error('passdb passwd-file: Missing args');
  return { path: rest, defaultScheme, usernameFormat };
}

function settings24(block: PassdbBlock): PasswdFileArgs {
  return {
    path: block.setting('passwd_file_path')?.text ?? '',
    defaultScheme: block.setting('passdb_default_password_scheme')?.text ?? 'PLAIN',
    usernameFormat: block.setting('auth_username_format')?.text ?? null,
  };
}

/** A `%` that is neither doubled nor the last character. Dovecot 2.3.19.1 db-passwd-file.c: db_passwd_file_init */
export function hasVariables23(path: ByteString): boolean {
  return /%[^%]/.test(path.replaceAll('%%', ''));
}

export function hasVariables24(path: ByteString): boolean {
  return path.includes('%{');
}

export type FixedPath =
  | { readonly kind: 'path'; readonly path: ByteString }
  | { readonly kind: 'error'; readonly message: ByteString }
  /** The user is taken as unknown. */
  | { readonly kind: 'outside'; readonly message: ByteString };

/** Dovecot 2.4.1 db-passwd-file.c: db_passwd_fix_path */
export function fixPath24(expanded: ByteString, template: ByteString): FixedPath {
  const normalized = posix.normalize(expanded).replace(/(.)\/+$/, '$1');
  const variable = template.startsWith('%') ? -1 : template.indexOf('%{');
  const prefix = variable === -1 ? '' : template.slice(0, variable);
  if (!normalized.startsWith(prefix))
    return { kind: 'outside', message: `Failed to normalize path: Path is outside '${prefix}'` };
  return { kind: 'path', path: normalized };
}
