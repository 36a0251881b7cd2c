import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import { LdapConnection } from './connection.js';
import { type LdapDirectory, type LdapEntry, type SearchScope, Unreachable } from './directory.js';
import type { ByteFilter } from './filter.js';
import type { LdapTarget } from './target.js';

/** Binds as users run at the same time on so many connections; a connection does one bind at a time. */
const BIND_CONNECTIONS = 4;

/** The connections of one ldap passdb: one for searches, which share it, some for binds as users. */
export class LdapPool implements LdapDirectory {
  readonly #target: LdapTarget;
  #search: Promise<LdapConnection> | null = null;
  readonly #idle: LdapConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #binding = 0;

  readonly label: string;

  constructor(target: LdapTarget) {
    this.#target = target;
    this.label = `ldap ${toUtf8(target.label)}`;
  }

  /** Makes sure of a connection, as a look-up does before anything else. Rejects with LdapResult or Unreachable. */
  async connect(): Promise<LdapConnection> {
    const opened = this.#search;
    if (opened !== null) {
      const connection = await opened;
      if (connection.isOpen) return connection;
    }
    if (this.#search === opened || this.#search === null) {
      const opening = LdapConnection.open(this.#target);
      this.#search = opening;
      opening.catch(() => {
        if (this.#search === opening) this.#search = null;
      });
    }
    return this.#search;
  }

  /** Rejects with LdapResult or Unreachable. */
  async search(
    base: ByteString,
    scope: SearchScope,
    filter: ByteFilter,
    attributes: readonly ByteString[],
  ): Promise<LdapEntry[]> {
    const reused = this.#search !== null;
    const connection = await this.connect();
    try {
      return await connection.search(base, scope, filter, attributes);
    } catch (error) {
      // It may have been ended while it was idle.
      if (!(error instanceof Unreachable) || !reused) throw error;
      this.#search = null;
      await connection.close();
      return (await this.connect()).search(base, scope, filter, attributes);
    }
  }

  /** On a connection of its own: a server that is made to wait answers nobody else on it. */
  async *stream(
    base: ByteString,
    scope: SearchScope,
    filter: ByteFilter,
    attributes: readonly ByteString[],
  ): AsyncGenerator<LdapEntry> {
    const connection = await LdapConnection.open(this.#target);
    try {
      yield* connection.stream(base, scope, filter, attributes);
    } finally {
      await connection.close();
    }
  }

  /** Binds as a user. Rejects with LdapResult where the server says no, else with Unreachable. */
  async bind(dn: ByteString, password: ByteString): Promise<void> {
    while (this.#binding >= BIND_CONNECTIONS)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#binding += 1;
    let connection = this.#idle.pop();
    try {
      if (connection !== undefined && !connection.isOpen) connection = undefined;
      const reused = connection !== undefined;
      connection ??= await LdapConnection.open(this.#target);
      try {
        await connection.bind(dn, password);
      } catch (error) {
        if (!(error instanceof Unreachable) || !reused) throw error;
        await connection.close();
        connection = await LdapConnection.open(this.#target);
        await connection.bind(dn, password);
      }
    } finally {
      this.#binding -= 1;
      if (connection?.isOpen) this.#idle.push(connection);
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    const search = await this.#search?.catch(() => null);
    this.#search = null;
    const all = [...this.#idle.splice(0), ...(search ? [search] : [])];
    await Promise.all(all.map((connection) => connection.close()));
  }
}
