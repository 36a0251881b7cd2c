import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry, LookupContext, Query, Row, RowField } from '../../auth/driver.js';
import type { Series } from '../../knowledge/versions.js';
import { type SqlDatabase, SqlFailure } from './database.js';
import { rowFields } from './passdb.js';
import type { SqlSettings } from './settings.js';

/** What a user query found. Dovecot userdb-sql.c */
export type UserOutcome = { readonly queries: readonly Query[]; readonly log: readonly LogEntry[] } & (
  | { readonly kind: 'found'; readonly fields: readonly RowField[]; readonly row: Row }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'internal' }
);

/** A statement that lists users failed; the message is what Dovecot logs. */
class IterateFailure extends Error {}

/** The sql driver of a userdb: user query and list of users. */
export class SqlUserdb {
  /** mysql and sqlite wait for their answer in an auth-worker. */
  readonly blocking: boolean;
  readonly #series: Series;
  readonly #settings: SqlSettings;
  readonly #database: SqlDatabase;

  constructor(series: Series, settings: SqlSettings, database: SqlDatabase) {
    this.#series = series;
    this.#settings = settings;
    this.#database = database;
    this.blocking = settings.target.engine !== 'pgsql';
  }

  async lookupUser(context: LookupContext): Promise<UserOutcome> {
    const { userQuery } = this.#settings;
    const expansion = context.expand(userQuery, this.#database.escape);
    if (expansion.kind === 'error') {
      const name = this.#series === '2.3' ? `user_query=${userQuery}` : 'userdb_sql_query setting variables';
      const text = `Failed to expand ${name}: ${expansion.message}`;
      return { kind: 'internal', queries: [], log: [{ level: 'error', text }] };
    }
    const answer = await this.#database.query(expansion.text, { signal: context.signal, atMost: 1 });
    const rows = answer.kind === 'rows' ? answer.rows.length : null;
    const queries = [{ text: expansion.text, database: this.#database.label, rows }];
    const failed = (text: ByteString, before: readonly LogEntry[] = []): UserOutcome => ({
      kind: 'internal',
      queries,
      log: [...before, { level: 'error', text }],
    });
    if (answer.kind === 'error') {
      const note = this.#settings.userQueryIsDefault
        ? ` (using built-in default user_query: ${userQuery})`
        : '';
      return failed(`User query failed: ${answer.message}${note}`, answer.log);
    }
    const [row] = answer.rows;
    if (row === undefined)
      return { kind: 'unknown', queries, log: [{ level: 'info', text: 'unknown user' }] };
    const fields = rowFields(answer.columns, row);
    // NULL is no column here, unlike in a passdb. observed 2.4.1
    const columns = new Map(
      fields.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    );
    return { kind: 'found', queries, log: [], fields, row: { prefix: 'sql', columns } };
  }

  /**
   * Names of all users. Dovecot userdb-sql.c userdb_sql_iterate_next: the first column `user`, else
   * `username` with an optional `domain`. Throws IterateFailure.
   */
  async *iterate(context: Pick<LookupContext, 'expand'>): AsyncGenerator<ByteString> {
    const expansion = context.expand(this.#settings.iterateQuery, this.#database.escape);
    if (expansion.kind === 'error')
      throw new IterateFailure(
        `Failed to expand iterate_query=${this.#settings.iterateQuery}: ${expansion.message}`,
      );
    try {
      const { columns, rows } = await this.#database.stream(expansion.text);
      // `user` counts as the first column only.
      const whole = columns[0] === 'user';
      const name = whole ? 0 : columns.indexOf('username');
      const domain = whole ? -1 : columns.indexOf('domain');
      for await (const row of rows) {
        if (name === -1) throw new IterateFailure("sql: Iterate query didn't return 'user' field");
        const user = row[name];
        if (user === null || user === undefined)
          throw new IterateFailure('sql: Iterate query returned NULL user');
        const at = domain === -1 ? null : row[domain];
        yield at === null || at === undefined ? user : `${user}@${at}`;
      }
    } catch (error) {
      if (!(error instanceof SqlFailure)) throw error;
      throw new IterateFailure(`sql: Iterate query failed: ${error.message}`);
    }
  }
}
