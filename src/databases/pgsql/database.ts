import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { LogEntry } from '../../auth/driver.js';
import type { Series } from '../../knowledge/versions.js';
import type { Escape } from '../../variables/scope.js';
import {
  type SqlAnswer,
  type SqlDatabase,
  SqlFailure,
  type SqlStream,
  type SqlValue,
} from '../sql/database.js';
import { ConnectFailure, NO_TLS, PgsqlConnection, type StatementResult } from './connection.js';
import {
  addressesOf,
  ConninfoError,
  type PgsqlHost,
  type PgsqlHosts,
  type PgsqlParameters,
  readParameters,
} from './conninfo.js';

// Dovecot 2.3.19.1 sql-api-private.h
const CONNECT_TIMEOUT = 5_000;
const QUERY_TIMEOUT = 60_000;
/** A host that did not let us connect is asked last for this long. */
const AVOID_FAILED_HOST = 10_000;

/** One host of the list with its connections. */
class Server {
  readonly name: ByteString;
  readonly database: ByteString;
  failedAt = Number.NEGATIVE_INFINITY;
  readonly #host: PgsqlHost;
  readonly #limit: number;
  readonly #idle: PgsqlConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(host: PgsqlHost, limit: number) {
    this.#host = host;
    this.#limit = limit;
    let parameters: PgsqlParameters = new Map();
    try {
      parameters = readParameters(host);
    } catch {
      // Refused when it is connected to, as libpq does.
    }
    this.name = parameters.get('host') ?? parameters.get('hostaddr') ?? '';
    this.database = parameters.get('dbname') ?? parameters.get('user') ?? '';
  }

  /** Runs a statement on an idle connection or a new one. Throws ConnectFailure or ConninfoError. */
  async run(text: ByteString): Promise<StatementResult> {
    while (this.#open >= this.#limit && this.#idle.length === 0)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    let connection = this.#idle.pop();
    if (connection?.isBroken) {
      this.#open -= 1;
      connection = undefined;
    }
    this.#open += connection === undefined ? 1 : 0;
    const reused = connection !== undefined;
    try {
      connection ??= await this.#connect();
      const result = await connection.run(text, QUERY_TIMEOUT);
      // It may have died while it was idle: a new connection decides.
      if (result.kind === 'closed' && reused) {
        connection = await this.#connect();
        return await connection.run(text, QUERY_TIMEOUT);
      }
      return result;
    } finally {
      if (connection === undefined || connection.isBroken) {
        this.#open -= 1;
        await connection?.close();
      } else this.#idle.push(connection);
      this.#waiting.shift()?.();
    }
  }

  /** On a connection of its own, which ends with its rows. Throws as `run` does, and SqlFailure. */
  async stream(text: ByteString): Promise<SqlStream> {
    const connection = await this.#connect();
    try {
      const { columns, rows } = await connection.stream(text, QUERY_TIMEOUT);
      return { columns, rows: closedAfter(rows, connection) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const idle = this.#idle.splice(0);
    this.#open -= idle.length;
    await Promise.all(idle.map((connection) => connection.close()));
  }

  /** Tries the addresses in turn, with and without TLS as sslmode says. PostgreSQL 15 fe-connect.c */
  async #connect(): Promise<PgsqlConnection> {
    const parameters = readParameters(this.#host);
    const mode = parameters.get('sslmode') ?? 'prefer';
    const tries = ATTEMPTS[mode];
    if (tries === undefined) throw new ConninfoError(`invalid sslmode value: "${mode}"`);
    const seconds = Number(parameters.get('connect_timeout') ?? 0);
    const timeout = seconds > 0 ? Math.min(Math.max(seconds, 2) * 1000, CONNECT_TIMEOUT) : CONNECT_TIMEOUT;
    const failures: ConnectFailure[] = [];
    for (const address of addressesOf(parameters)) {
      const attempts = address.host.startsWith('/') ? [false] : tries;
      for (const withTls of attempts) {
        try {
          return await PgsqlConnection.open(parameters, address, withTls, timeout);
        } catch (error) {
          if (!(error instanceof ConnectFailure)) throw error;
          // `prefer` goes on without a word where the server has no TLS.
          if (!(error.message === NO_TLS && attempts.length > 1)) failures.push(error);
          if (!error.tlsMatters) break;
        }
      }
    }
    throw logged(failures);
  }
}

/**
 * All attempts as Dovecot logs them: it clears what libpq had begun to write about the first one, the server's name,
 * unless that one failed at once. observed 2.3.19.1 and 2.4.1-4 with libpq 15 and 17
 */
function logged(failures: readonly ConnectFailure[]): ConnectFailure {
  const [first, ...others] = failures;
  const state = failures.at(-1)?.state ?? null;
  const begin = first === undefined ? '' : first.state === null ? first.whole : first.message;
  const text = [begin, ...others.map(({ whole }) => whole)].join('\n');
  const place = first === undefined || first.state === null ? '' : first.place;
  return new ConnectFailure(text, { place, state });
}

/** By sslmode: whether each attempt uses TLS. */
const ATTEMPTS: Readonly<Record<string, readonly boolean[]>> = {
  disable: [false],
  allow: [false, true],
  prefer: [true, false],
  require: [true],
  'verify-ca': [true],
  'verify-full': [true],
};

/** PostgreSQL: some connections for each host, the next host where one cannot be reached. */
export class PgsqlDatabase implements SqlDatabase {
  readonly label: string;
  readonly escape: Escape;
  readonly #series: Series;
  readonly #servers: readonly Server[];
  readonly #now: () => number;

  constructor(series: Series, { hosts, connectionLimit }: PgsqlHosts, escaping: Escape, now: () => number) {
    this.#series = series;
    this.#servers = hosts.map((host) => new Server(host, Math.max(1, connectionLimit)));
    this.#now = now;
    this.escape = escaping;
    const names = this.#servers.map(({ name }) => toUtf8(name) || 'localhost').join(',');
    this.label = `pgsql ${names}/${toUtf8(this.#servers[0]?.database ?? '')}`;
  }

  async query(text: ByteString, options: { atMost?: number } = {}): Promise<SqlAnswer> {
    const log: LogEntry[] = [];
    let unreachable = { host: this.label, reason: 'no server' };
    let retries = 0;
    for (const server of this.#inOrder()) {
      let result: StatementResult;
      try {
        result = await server.run(text);
      } catch (error) {
        const reason = this.#connectFailed(server, error, log);
        unreachable = { host: toUtf8(server.name) || 'localhost', reason: toUtf8(reason) };
        continue;
      }
      server.failedAt = Number.NEGATIVE_INFINITY;
      switch (result.kind) {
        case 'rows': {
          const { atMost = Number.POSITIVE_INFINITY } = options;
          return result.rows.length > atMost ? { ...result, rows: result.rows.slice(0, atMost) } : result;
        }
        case 'error':
        case 'timeout':
        case 'closed': {
          const message = result.kind === 'timeout' ? 'Query timed out' : result.message;
          // Dovecot driver-sqlpool.c asks again, at most once for each host; the answer to a wrong statement is the same.
          for (; retries < this.#servers.length && result.kind === 'error'; retries += 1)
            log.push(poolLine('warning', `Query failed, retrying: ${message}`));
          if (result.kind === 'closed') {
            log.push(poolLine('warning', `Query failed, retrying: ${message}`));
            unreachable = { host: toUtf8(server.name), reason: toUtf8(message) };
            continue;
          }
          log.push(poolLine('error', `Query failed, aborting: ${text}`));
          return { kind: 'error', message, log };
        }
      }
    }
    return { kind: 'error', message: 'Not connected to database', notConnected: true, log, unreachable };
  }

  async stream(text: ByteString): Promise<SqlStream> {
    let last = 'Not connected to database';
    for (const server of this.#inOrder())
      try {
        return await server.stream(text);
      } catch (error) {
        if (error instanceof SqlFailure) throw error;
        last = this.#connectFailed(server, error, []);
      }
    throw new SqlFailure(last);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  /** Servers as they are listed, those that failed lately last. */
  #inOrder(): readonly Server[] {
    const now = this.#now();
    const isBad = (server: Server): boolean => now - server.failedAt < AVOID_FAILED_HOST;
    return [...this.#servers.filter((server) => !isBad(server)), ...this.#servers.filter(isBad)];
  }

  /** Dovecot 2.3.19.1 and 2.4.1 driver-pgsql.c: connect_callback, last_error */
  #connectFailed(server: Server, error: unknown, log: LogEntry[]): ByteString {
    server.failedAt = this.#now();
    const message = error instanceof Error ? error.message : String(error);
    const state = error instanceof ConnectFailure && error.state !== null ? ` (state: ${error.state})` : '';
    const shown = this.#series === '2.3' ? message : message.slice(message.lastIndexOf('\n') + 1);
    const text = `pgsql(${server.name}): Connect failed to database ${server.database}: ${shown}${state}`;
    log.push({ level: 'error', text, scope: 'process' });
    return error instanceof ConnectFailure ? error.whole : message;
  }
}

function poolLine(level: LogEntry['level'], text: ByteString): LogEntry {
  return { level, text: fromUtf8('sqlpool(pgsql): ') + text, scope: 'process' };
}

async function* closedAfter(
  rows: AsyncIterable<readonly SqlValue[]>,
  connection: PgsqlConnection,
): AsyncGenerator<readonly SqlValue[]> {
  try {
    yield* rows;
  } finally {
    await connection.close();
  }
}
