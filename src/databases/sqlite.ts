import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { Escape } from '../variables/scope.js';
import {
  type SqlAnswer,
  type SqlDatabase,
  SqlFailure,
  type SqlStream,
  type SqlValue,
} from './sql/database.js';
import { firstSqliteStatement } from './sql/sqlite-statement.js';

/** How long a locked file is waited for. Dovecot waits longer (driver-sqlite.c), in a process of its own. */
const BUSY_TIMEOUT = 500;
/** Compiled statements that are kept; the text of a query changes with the user, so only repeated look-ups gain. */
const KEPT_STATEMENTS = 200;

type Identity = `${number}:${number}`;

type Statement = Sqlite.Statement<unknown[], unknown>;

interface Prepared {
  readonly columns: readonly ByteString[];
  /** null: a statement that gives no rows. */
  readonly statement: Statement | null;
  /** The same rows with each value as its text's bytes; made when a value cannot be read otherwise. */
  readonly asBytes: () => Statement | null;
}

function identityOf(path: string): Identity | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** Text that may not be UTF-8, and fractions, which SQLite prints in its own way. */
function isDoubtful(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value.includes('\ufffd'));
}

/** Bytes of a value as sqlite3_column_text() gives them: a C string, cut at the first NUL. */
function text(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  const bytes = Buffer.isBuffer(value) ? value.toString('latin1') : fromUtf8(String(value));
  const end = bytes.indexOf('\0');
  return end === -1 ? bytes : bytes.slice(0, end);
}

function failureOf(error: unknown): SqlFailure {
  return new SqlFailure(fromUtf8(error instanceof Error ? error.message : String(error)));
}

async function* eachRow(statement: Statement | null): AsyncGenerator<readonly SqlValue[]> {
  if (statement === null) return;
  try {
    for (const row of statement.iterate()) yield (row as unknown[]).map(text);
  } catch (error) {
    throw failureOf(error);
  }
}

function firstRows(statement: Statement | null, atMost: number): (readonly unknown[])[] {
  const rows: (readonly unknown[])[] = [];
  if (statement === null) return rows;
  for (const row of statement.iterate()) {
    rows.push(row as unknown[]);
    if (rows.length >= atMost) break;
  }
  return rows;
}

/** Runs statements on an open SQLite database, with values as SQLite itself would print them. */
export class SqliteStatements {
  readonly #connection: Sqlite.Database;
  readonly #prepared = new Map<string, Prepared>();

  constructor(connection: Sqlite.Database) {
    this.#connection = connection;
  }

  query(query: ByteString, atMost: number): SqlAnswer {
    try {
      const { columns, statement, asBytes } = this.#prepare(toUtf8(firstSqliteStatement(query)));
      const plain = firstRows(statement, atMost);
      const bytes = plain.some((row) => row.some(isDoubtful)) ? asBytes() : null;
      const rows = (bytes === null ? plain : firstRows(bytes, atMost)).map((row) => row.map(text));
      return { kind: 'rows', columns, rows };
    } catch (error) {
      return { kind: 'error', message: fromUtf8(error instanceof Error ? error.message : String(error)) };
    }
  }

  /** Rows one by one, of a statement of its own. Throws SqlFailure. */
  stream(query: ByteString): SqlStream {
    try {
      const { columns, statement, asBytes } = this.#compile(toUtf8(firstSqliteStatement(query)));
      return { columns, rows: eachRow(asBytes() ?? statement) };
    } catch (error) {
      throw failureOf(error);
    }
  }

  #prepare(query: string): Prepared {
    const known = this.#prepared.get(query);
    if (known !== undefined) return known;
    const prepared = this.#compile(query);
    if (this.#prepared.size >= KEPT_STATEMENTS) this.#prepared.clear();
    this.#prepared.set(query, prepared);
    return prepared;
  }

  #compile(query: string): Prepared {
    const statement = this.#connection.prepare<unknown[], unknown>(query);
    if (statement.reader) {
      const columns = statement.columns().map(({ name }) => fromUtf8(name));
      const asBytes = () => this.#asBytes(query, columns.length);
      return { columns, statement: statement.raw().safeIntegers(), asBytes };
    }
    // Databases are opened for reading: only the configured look-up is ever run, and it changes nothing.
    if (!statement.readonly) throw new Error('attempt to write a readonly database');
    return { columns: [], statement: null, asBytes: () => null };
  }

  /** The same rows with each value cast to its text's bytes, so that what is not UTF-8 survives. */
  #asBytes(query: string, width: number): Sqlite.Statement<unknown[], unknown> | null {
    const names = Array.from({ length: width }, (_, index) => `c${index}`);
    const casts = names.map((name) => `CAST(${name} AS BLOB)`).join(', ');
    try {
      return this.#connection
        .prepare<unknown[], unknown>(`WITH r(${names.join(', ')}) AS (${query}\n) SELECT ${casts} FROM r`)
        .raw();
    } catch {
      return null;
    }
  }
}

/** An SQLite file, opened for reading at the first query and again when the file is replaced. */
export class SqliteFile implements SqlDatabase {
  readonly label: string;
  readonly escape: Escape;
  readonly #path: string;
  #open: {
    readonly connection: Sqlite.Database;
    readonly statements: SqliteStatements;
    readonly identity: Identity | null;
    readonly absent: boolean;
  } | null = null;

  constructor(path: string, escaping: Escape) {
    this.#path = path;
    this.label = `sqlite ${this.#path}`;
    this.escape = escaping;
  }

  async query(query: ByteString, options: { atMost?: number } = {}): Promise<SqlAnswer> {
    let statements: SqliteStatements;
    try {
      statements = this.#statements();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      // Dovecot 2.3.19.1 driver-sqlite.c
      return {
        kind: 'error',
        message: 'Cannot connect to database',
        unreachable: { host: this.#path, reason },
        log: [{ level: 'error', text: fromUtf8(`sqlite: open(${this.#path}) failed: ${reason}`) }],
      };
    }
    const answer = statements.query(query, options.atMost ?? Number.POSITIVE_INFINITY);
    return answer.kind === 'error' && this.#open?.absent
      ? { ...answer, unreachable: { host: this.#path, reason: 'the file does not exist' } }
      : answer;
  }

  /** On a connection of its own, for one that hands out rows can do nothing else. */
  async stream(query: ByteString): Promise<SqlStream> {
    let connection: Sqlite.Database;
    try {
      connection = new Sqlite(this.#path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT });
    } catch {
      throw new SqlFailure('Cannot connect to database');
    }
    try {
      const { columns, rows } = new SqliteStatements(connection).stream(query);
      return { columns, rows: closedAfter(rows, connection) };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#open?.connection.close();
    this.#open = null;
  }

  #statements(): SqliteStatements {
    const identity = identityOf(this.#path);
    if (this.#open !== null && this.#open.identity !== identity) {
      this.#open.connection.close();
      this.#open = null;
    }
    if (this.#open === null) {
      // Dovecot creates a file that is missing and then asks the empty database; nothing is created here.
      const absent = identity === null && existsSync(dirname(this.#path));
      const connection = absent
        ? new Sqlite(':memory:')
        : new Sqlite(this.#path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT });
      this.#open = { connection, statements: new SqliteStatements(connection), identity, absent };
    }
    return this.#open.statements;
  }
}

async function* closedAfter(
  rows: AsyncIterable<readonly SqlValue[]>,
  connection: Sqlite.Database,
): AsyncGenerator<readonly SqlValue[]> {
  try {
    yield* rows;
  } finally {
    connection.close();
  }
}
