import type { ByteString } from '../../../grammar/bytes.js';
import type {
  LogEntry,
  LookupContext,
  LookupOutcome,
  PassdbDriver,
  Query,
  RowField,
} from '../../auth/driver.js';
import type { PassdbBlock } from '../../config/effective.js';
import type { Series } from '../../knowledge/versions.js';
import type { SqlDatabase, SqlValue } from './database.js';
import type { SqlSettings } from './settings.js';

/** The settings of an sql passdb that a look-up needs. */
export type PassdbQuery = Pick<
  SqlSettings,
  'target' | 'passwordQuery' | 'passwordQueryIsDefault' | 'defaultScheme'
>;

/** Only whether there is a second row matters. Dovecot passdb-sql.c sql_query_callback */
const ENOUGH_ROWS = 2;

/** Values reach Dovecot as C strings. observed 2.3.19.1: X'ff00fe' arrives as one byte */
function cString(value: SqlValue): SqlValue {
  const end = value?.indexOf('\0') ?? -1;
  return end === -1 ? value : (value?.slice(0, end) ?? null);
}

/** Names with their values in column order; a column without a name is not a field. */
export function rowFields(columns: readonly ByteString[], row: readonly SqlValue[]): RowField[] {
  return columns.flatMap((name, index): RowField[] =>
    name === '' ? [] : [[name, cString(row[index] ?? null)]],
  );
}

/** What 2.4 `%{sql:COLUMN}` sees. Dovecot 2.4.1 auth-fields.c auth_fields_add: NULL is kept as `yes`. */
function rowVariables(fields: readonly RowField[]): ReadonlyMap<ByteString, ByteString> {
  return new Map(fields.map(([name, value]) => [name, value ?? 'yes']));
}

/** The sql driver of a passdb: one statement for each look-up, its row as fields. */
export class SqlPassdb implements PassdbDriver {
  readonly name = 'sql';
  readonly canLookupCredentials = true;
  readonly blocking: boolean;
  readonly cacheKeyTemplates: readonly ByteString[];
  readonly #series: Series;
  readonly #settings: PassdbQuery;
  readonly #database: SqlDatabase;
  readonly #defaultScheme: ByteString;

  constructor(series: Series, block: PassdbBlock, settings: PassdbQuery, database: SqlDatabase) {
    this.#series = series;
    this.#settings = settings;
    this.#database = database;
    // auth-chain.md section 5: pgsql runs inside the auth process.
    this.blocking = settings.target.engine !== 'pgsql';
    this.cacheKeyTemplates = [settings.passwordQuery];
    this.#defaultScheme =
      series === '2.4' ? (block.defaultPasswordScheme ?? settings.defaultScheme) : settings.defaultScheme;
  }

  async lookup(context: LookupContext): Promise<LookupOutcome> {
    const template = this.#settings.passwordQuery;
    const expansion = context.expand(template, this.#database.escape);
    if (expansion.kind === 'error')
      return { kind: 'internal', log: [this.#expansionFailure(expansion.message)] };
    const text = expansion.text;
    const answer = await this.#database.query(text, { signal: context.signal, atMost: ENOUGH_ROWS });
    const query: Query = {
      text,
      database: this.#database.label,
      rows: answer.kind === 'rows' ? answer.rows.length : null,
    };
    const queries = [query];
    if (answer.kind === 'error') {
      // observed 2.3.19.1: without a connection the line has no more than its reason; 2.4.1 says both.
      const text =
        answer.notConnected === true && this.#series === '2.3'
          ? answer.message
          : `Password query failed: ${answer.message}${this.#builtInNote()}`;
      const log: LogEntry[] = [...(answer.log ?? []), { level: 'error', text }];
      const { unreachable } = answer;
      return { kind: 'internal', queries, log, ...(unreachable === undefined ? {} : { unreachable }) };
    }
    const before = answer.log ?? [];
    const [row] = answer.rows;
    if (row === undefined)
      return { kind: 'unknown', queries, log: [...before, { level: 'info', text: 'unknown user' }] };
    const fields = rowFields(answer.columns, row);
    const failure = (reason: string): LookupOutcome => ({
      kind: 'internal',
      queries,
      fields,
      row: { prefix: 'sql', columns: rowVariables(fields) },
      log: [...before, { level: 'error', text: reason }],
    });
    if (!answer.columns.includes('password') && !answer.columns.includes('password_noscheme'))
      return failure("Password query must return a field named 'password'");
    if (answer.rows.length > 1) return failure('Password query returned multiple matches');
    return {
      kind: 'found',
      queries,
      log: before,
      fields,
      defaultScheme: this.#defaultScheme,
      row: { prefix: 'sql', columns: rowVariables(fields) },
    };
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #expansionFailure(message: ByteString): LogEntry {
    // Dovecot 2.3.19.1 logs it at debug level only; 2.4.1 as an error that names the setting.
    return this.#series === '2.3'
      ? {
          level: 'debug',
          text: `Failed to expand password_query=${this.#settings.passwordQuery}: ${message}`,
        }
      : { level: 'error', text: `Failed to expand passdb_sql_query setting variables: ${message}` };
  }

  #builtInNote(): string {
    return this.#settings.passwordQueryIsDefault
      ? ` (using built-in default password_query: ${this.#settings.passwordQuery})`
      : '';
  }
}
