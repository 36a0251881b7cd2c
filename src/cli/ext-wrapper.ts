import type { AuthExtKind } from '../config/ext-file.js';
import type { ConfigHost } from '../config/host.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

/** Name of the configuration that stands around a database file checked alone. */
export const EXT_WRAPPER = '<around the database file>';

export function isExtFile(path: string): boolean {
  return path.endsWith('.conf.ext');
}

/** The smallest configuration that uses a database file, so that the same rules see it as in a real one. */
export function wrapExtFile(path: string, host: ConfigHost): Buffer {
  const text = readText(path, host);
  const block = `passdb {\n  driver = ${DRIVERS[kindOf(text)]}\n  args = ${path}\n}\n`;
  return Buffer.from(`${block}userdb {\n  driver = prefetch\n}\n`);
}

const DRIVERS: Readonly<Record<AuthExtKind, string>> = {
  sql: 'sql',
  ldap: 'ldap',
  oauth2: 'oauth2',
  dict: 'dict',
};

/** By the keys that only one kind has. */
function kindOf(text: string): AuthExtKind {
  if (/^\s*(?:hosts|uris|dn|base|ldap_version|auth_bind\w*|pass_attrs|user_attrs)\s*=/m.test(text))
    return 'ldap';
  if (/^\s*(?:tokeninfo_url|introspection_url|introspection_mode|grant_url|active_attribute)\s*=/m.test(text))
    return 'oauth2';
  if (/^\s*(?:uri\s*=|(?:passdb|userdb)_objects\s*=|key\s+\S+\s*\{)/m.test(text)) return 'dict';
  return 'sql';
}

function readText(path: string, host: ConfigHost): string {
  try {
    return host.readFile(path).toString('latin1');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'No such file or directory',
      EACCES: 'Permission denied',
      EISDIR: 'Is a directory',
    };
    throw new CommandFailure(`cannot read ${path}: ${reasons[code ?? ''] ?? code}`, EXIT_USAGE);
  }
}
