import { readFileSync } from 'node:fs';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2/promise';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { LogEntry } from '../auth/driver.js';
import type { Escape } from '../variables/scope.js';
import { MysqlPool } from './mysql-pool.js';
import { streamRows } from './mysql-stream.js';
import type { MysqlHost, MysqlHosts, MysqlTls } from './sql/connect-string.js';
import {
  type SqlAnswer,
  type SqlDatabase,
  SqlFailure,
  type SqlStream,
  type SqlValue,
} from './sql/database.js';
import { readMysqlOptions } from './sql/mysql-option-file.js';

/** A host that did not let us connect is asked last for this long. */
const AVOID_FAILED_HOST = 10_000;

interface MysqlError {
  readonly code: string;
  readonly errno: number;
  readonly text: ByteString;
}

/** mysql2 encodes statements by this number, which it also sends to the server when it connects. */
interface RawConnection {
  readonly connection: { readonly config: { charsetNumber: number } };
}

/** latin1_swedish_ci */
const ONE_BYTE_A_CHARACTER = 8;

/** A field as the parser of a row hands it to `typeCast`. */
interface WireField {
  buffer(): Buffer | null;
}

function mysqlError(error: unknown): MysqlError {
  const { code, errno, sqlMessage, message } = error as Partial<Record<string, unknown>>;
  const text = typeof sqlMessage === 'string' ? sqlMessage : String(message ?? error);
  return {
    code: typeof code === 'string' ? code : '',
    errno: typeof errno === 'number' ? errno : 0,
    text: fromUtf8(text),
  };
}

/** The connection itself is the problem, not the statement. Client errors of libmariadb are 2xxx. */
function isConnectionFailure({ code, errno }: MysqlError): boolean {
  return (
    /^(E[A-Z]+|PROTOCOL_.*|HANDSHAKE_.*)$/.test(code) &&
    !code.startsWith('ER_') &&
    !(errno >= 1000 && errno < 2000)
  );
}

const SYSTEM_ERRNO: Readonly<Record<string, number>> = {
  EHOSTUNREACH: 113,
  ENETUNREACH: 101,
  ECONNRESET: 104,
  ENOENT: 2,
  EACCES: 13,
};

/** What libmariadb says where a connection could not be made. observed 2.3.19.1 and 2.4.1 with libmariadb 10.11, 11.8 */
function connectText(host: MysqlHost, error: MysqlError): ByteString {
  if (error.code === 'ETIMEDOUT')
    return "Lost connection to server at 'handshake: reading initial communication packet', system error: 110";
  const isSocket = host.host.startsWith('/');
  // The library tells of its own EINPROGRESS where a TCP connection is refused.
  const number = error.code === 'ECONNREFUSED' ? (isSocket ? 111 : 115) : SYSTEM_ERRNO[error.code];
  if (isSocket && number !== undefined)
    return `Can't connect to local server through socket '${host.host}' (${number})`;
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
    return `Unknown server host '${host.host}' (${error.code === 'ENOTFOUND' ? -2 : -3})`;
  if (number !== undefined) return `Can't connect to server on '${host.host}' (${number})`;
  return error.text;
}

function tlsOptions(tls: MysqlTls): NonNullable<ConnectionOptions['ssl']> {
  const file = (path: ByteString): string => readFileSync(toUtf8(path), 'utf8');
  return {
    ...(tls.ca === '' ? {} : { ca: file(tls.ca) }),
    ...(tls.certificate === '' ? {} : { cert: file(tls.certificate) }),
    ...(tls.key === '' ? {} : { key: file(tls.key) }),
    ...(tls.cipher === '' ? {} : { ciphers: tls.cipher }),
    rejectUnauthorized: tls.verify,
    verifyIdentity: tls.verify,
  };
}

/** One server of the list with its own pool. */
class Server {
  readonly host: MysqlHost;
  failedAt = Number.NEGATIVE_INFINITY;
  readonly pool: MysqlPool;

  constructor(host: MysqlHost, limit: number) {
    this.host = readMysqlOptions(host);
    this.pool = new MysqlPool(limit, () => this.#connect());
  }

  get name(): string {
    return toUtf8(this.host.host) || 'localhost';
  }

  async #connect(): Promise<Connection> {
    const { host, port, user, password, dbname, tls, connectTimeout } = this.host;
    const address = host.startsWith('/')
      ? { socketPath: toUtf8(host) }
      : { host: toUtf8(host) || 'localhost', ...(port === 0 ? {} : { port }) };
    const options: ConnectionOptions = {
      ...address,
      user: toUtf8(user),
      password: toUtf8(password),
      ...(dbname === '' ? {} : { database: toUtf8(dbname) }),
      ...(tls === null ? {} : { ssl: tlsOptions(tls) }),
      charset: 'utf8mb4_general_ci',
      connectTimeout,
      // The server must take one statement at a time, whatever a name holds.
      multipleStatements: false,
      rowsAsArray: true,
      // Each value as the bytes of the text protocol.
      typeCast: (field: unknown): SqlValue => (field as WireField).buffer()?.toString('latin1') ?? null,
    };
    const connection = await mysql.createConnection(options);
    // Statements are bytes: the client must not encode them. The server was told UTF-8 when it was connected to.
    (connection as unknown as RawConnection).connection.config.charsetNumber = ONE_BYTE_A_CHARACTER;
    return connection;
  }
}

/** MySQL and MariaDB: a pool for each host, the next host where one cannot be reached. */
export class MysqlDatabase implements SqlDatabase {
  readonly label: string;
  readonly escape: Escape;
  readonly #servers: readonly Server[];
  readonly #now: () => number;

  constructor({ hosts, connectionLimit }: MysqlHosts, escaping: Escape, now: () => number) {
    this.#servers = hosts.map((host) => new Server(host, Math.max(1, connectionLimit)));
    this.#now = now;
    this.escape = escaping;
    const names = this.#servers.map(({ name }) => name).join(',');
    this.label = `mysql ${names}/${toUtf8(hosts[0]?.dbname ?? '')}`;
  }

  async query(text: ByteString, options: { atMost?: number } = {}): Promise<SqlAnswer> {
    const log: LogEntry[] = [];
    let last: { host: string; reason: string } | null = null;
    for (const server of this.#inOrder()) {
      // A pooled connection may have died while it was idle: then the same server is asked once more.
      for (let attempt = 0; attempt < 2; attempt++) {
        let connection: Connection;
        try {
          connection = await server.pool.acquire();
        } catch (error) {
          const reason = this.#failed(server, mysqlError(error), log);
          last = { host: server.name, reason };
          break;
        }
        try {
          const answer = this.#limit(await this.#run(connection, server, text), options.atMost);
          return log.length === 0 ? answer : { ...answer, log };
        } catch (error) {
          const failure = mysqlError(error);
          if (!isConnectionFailure(failure)) {
            server.pool.release(connection);
            // Dovecot driver-sqlpool.c: as many times as there are hosts. A statement that fails, fails again.
            const text = `sqlpool(mysql): Query failed, retrying: ${failure.text}`;
            for (const _ of this.#servers) log.push({ level: 'warning', scope: 'process', text });
            return { kind: 'error', message: failure.text, log };
          }
          server.pool.discard(connection);
          last = { host: server.name, reason: toUtf8(failure.text) };
        }
      }
    }
    const unreachable = last ?? { host: this.label, reason: 'no server' };
    // Dovecot sql-api-private.h SQL_ERRSTR_NOT_CONNECTED
    return { kind: 'error', message: 'Not connected to database', notConnected: true, log, unreachable };
  }

  async stream(text: ByteString): Promise<SqlStream> {
    let last = 'Not connected to database';
    for (const server of this.#inOrder()) {
      let connection: Connection;
      try {
        connection = await server.pool.acquire();
      } catch (error) {
        last = toUtf8(this.#failed(server, mysqlError(error), []));
        continue;
      }
      try {
        return await streamRows(connection, text, {
          timeout: server.host.readTimeout,
          release: () => server.pool.release(connection),
          discard: () => server.pool.discard(connection),
        });
      } catch (error) {
        const failure = mysqlError(error);
        if (!isConnectionFailure(failure)) throw new SqlFailure(failure.text);
        last = failure.text;
      }
    }
    throw new SqlFailure(last);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.pool.close();
  }

  /** Servers as they are listed, those that failed lately last. */
  #inOrder(): readonly Server[] {
    const now = this.#now();
    const isBad = (server: Server): boolean => now - server.failedAt < AVOID_FAILED_HOST;
    return [...this.#servers.filter((server) => !isBad(server)), ...this.#servers.filter(isBad)];
  }

  #failed(server: Server, error: MysqlError, log: LogEntry[]): string {
    server.failedAt = this.#now();
    const reason = connectText(server.host, error);
    // Dovecot 2.3.19.1 driver-mysql.c
    log.push({
      level: 'error',
      scope: 'process',
      text: `mysql(${server.host.host}): Connect failed to database (${server.host.dbname}): ${reason} - waiting for 1 seconds before retry`,
    });
    return toUtf8(reason);
  }

  async #run(connection: Connection, server: Server, text: ByteString): Promise<SqlAnswer> {
    const [rows, fields] = await connection.query({ sql: text, timeout: server.host.readTimeout });
    server.failedAt = Number.NEGATIVE_INFINITY;
    server.pool.release(connection);
    if (!Array.isArray(rows) || !Array.isArray(fields)) return { kind: 'rows', columns: [], rows: [] };
    return {
      kind: 'rows',
      columns: fields.map(({ name }) => fromUtf8(name)),
      rows: rows as unknown as SqlValue[][],
    };
  }

  #limit(answer: SqlAnswer, atMost: number | undefined): SqlAnswer {
    return answer.kind === 'rows' && atMost !== undefined && answer.rows.length > atMost
      ? { ...answer, rows: answer.rows.slice(0, atMost) }
      : answer;
  }
}
