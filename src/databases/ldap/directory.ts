import type { ByteString } from '../../../grammar/bytes.js';
import type { ByteFilter } from './filter.js';

export interface LdapEntry {
  readonly dn: ByteString;
  /** As the server names and orders them. */
  readonly attributes: readonly { readonly name: ByteString; readonly values: readonly ByteString[] }[];
}

export type SearchScope = 'base' | 'onelevel' | 'subtree';

/** Nobody answered, or the connection ended. */
export class Unreachable extends Error {
  readonly host: string;
  /** The server was there, but would not let us in or start TLS: what is logged instead. */
  readonly logged: ByteString | null;

  constructor(host: string, message: string, logged: ByteString | null = null) {
    super(message);
    this.host = host;
    this.logged = logged;
  }
}

/** The server answered with a result that is not success. */
export class LdapResult extends Error {
  readonly code: number;
  readonly diagnostic: ByteString;

  constructor(code: number, diagnostic: ByteString) {
    super(`LDAP result ${code}`);
    this.code = code;
    this.diagnostic = diagnostic;
  }
}

/** A directory that is searched and bound to: LDAP servers or a fixture. */
export interface LdapDirectory {
  /** For explanations: `ldap HOSTS`, `fixture users.ldif`. Never a password. */
  readonly label: string;
  /** Makes sure that it can be asked. Rejects with LdapResult or Unreachable. */
  connect(): Promise<unknown>;
  /** Rejects with LdapResult or Unreachable. */
  search(
    base: ByteString,
    scope: SearchScope,
    filter: ByteFilter,
    attributes: readonly ByteString[],
  ): Promise<readonly LdapEntry[]>;
  /** The same, entry by entry: a directory of any size takes no memory. */
  stream(
    base: ByteString,
    scope: SearchScope,
    filter: ByteFilter,
    attributes: readonly ByteString[],
  ): AsyncIterable<LdapEntry>;
  /** Binds as a user. Rejects with LdapResult where the server says no, else with Unreachable. */
  bind(dn: ByteString, password: ByteString): Promise<void>;
  close(): Promise<void>;
}
