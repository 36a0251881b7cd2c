import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry } from '../../auth/driver.js';
import type { Escape } from '../../variables/scope.js';

/** One value of a row; null is the database's NULL. */
export type SqlValue = ByteString | null;

/** What a database said to one statement. A statement without a result set has no columns and no rows. */
export type SqlAnswer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly ByteString[];
      readonly rows: readonly (readonly SqlValue[])[];
      /** Lines about hosts that could not be reached before this answer. */
      readonly log?: readonly LogEntry[];
    }
  | {
      readonly kind: 'error';
      /** The database's own text, as Dovecot puts it behind `Password query failed: `. */
      readonly message: ByteString;
      /** There is no connection, so the statement was not sent. */
      readonly notConnected?: true;
      /** Set when nothing answered at all. */
      readonly unreachable?: { readonly host: string; readonly reason: string };
      /** Lines about the connection that come before the failure. */
      readonly log?: readonly LogEntry[];
    };

/** A result set whose rows come one by one: one of any length takes no memory. */
export interface SqlStream {
  readonly columns: readonly ByteString[];
  /** Throws SqlFailure where the database breaks off; one that is left early ends the statement. */
  readonly rows: AsyncIterable<readonly SqlValue[]>;
}

/** A statement failed; the message is the database's own text. */
export class SqlFailure extends Error {}

/** One database that a passdb or userdb asks: a real one or a fixture. It sends nothing but the given statement. */
export interface SqlDatabase {
  /** For explanations: `mysql db1/mailproxy`, `sqlite /var/lib/users.db`, `fixture maildb.sql`. Never a password. */
  readonly label: string;
  readonly escape: Escape;
  /** Rejects never. `atMost`: rows beyond this number are not wanted. */
  query(text: ByteString, options?: { signal?: AbortSignal; atMost?: number }): Promise<SqlAnswer>;
  /** Rejects with SqlFailure. */
  stream(text: ByteString): Promise<SqlStream>;
  close(): Promise<void>;
}

/** The languages that are told apart. Dovecot's driver names. */
export type SqlEngine = 'mysql' | 'pgsql' | 'sqlite';
