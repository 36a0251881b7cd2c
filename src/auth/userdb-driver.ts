import type { ByteString } from '../../grammar/bytes.js';
import type { UserdbBlock } from '../config/effective.js';
import type { LogEntry, LookupContext, Query, Row, RowField } from './driver.js';

/** What a userdb found. It never throws: what fails becomes `internal` with the text that Dovecot logs. */
export type UserdbOutcome = {
  readonly queries?: readonly Query[];
  readonly log?: readonly LogEntry[];
} & (
  | {
      readonly kind: 'found';
      readonly fields: readonly RowField[];
      /** What 2.4 `fields { }` see of the row. */
      readonly row?: Row;
      /** A `gid` field holds several, separated by commas (2.3 ldap). */
      readonly hasGidList?: boolean;
    }
  | { readonly kind: 'unknown' }
  /** `fields`: what was set before the failure. */
  | { readonly kind: 'internal'; readonly fields?: readonly RowField[] }
);

/** One open userdb that asks a database. `prefetch` and `static` ask none: the walk answers for them. */
export interface UserdbDriver {
  readonly name: string;
  /** Runs in an auth-worker process of Dovecot. */
  readonly blocking?: boolean;
  lookup(context: LookupContext): Promise<UserdbOutcome>;
  /** Names of all users; throws an Error with what Dovecot logs. Left out: the driver cannot list them. */
  iterate?(context: IterateContext): AsyncIterable<ByteString>;
  close(): Promise<void>;
}

/** A request without a user. */
export type IterateContext = Pick<LookupContext, 'user' | 'expand'>;

/** null: a driver that is not asked. */
export type OpenUserdb = (block: UserdbBlock) => Promise<UserdbDriver | null>;

/** Number of a user or group by its name; `elsewhere`: an account of another machine, known by its name; null: none. */
export type SystemId = (kind: 'uid' | 'gid', name: ByteString) => number | 'elsewhere' | null;

const MAX_ID = 2 ** 32 - 2;

/**
 * The number behind a number or a name, as text; the name itself for an account of another machine.
 * Dovecot userdb.c: userdb_parse_uid, userdb_parse_gid
 */
export function systemIdOf(kind: 'uid' | 'gid', text: ByteString, systemId: SystemId): ByteString | null {
  if (/^\d{1,10}$/.test(text) && Number(text) <= MAX_ID) return String(Number(text));
  const id = systemId(kind, text);
  if (id === 'elsewhere') return text;
  return id === null ? null : String(id);
}
