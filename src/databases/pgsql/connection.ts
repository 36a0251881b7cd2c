import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { Parser } from 'pg-protocol/dist/parser.js';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import { SqlFailure, type SqlStream, type SqlValue } from '../sql/database.js';
import type { PgsqlAddress, PgsqlParameters } from './conninfo.js';
import { connectFailureText, connectionPlace, errorText, type ServerError } from './error-text.js';
import { RowStream } from './row-stream.js';

/** A connection that could not be made, in libpq's words. */
export class ConnectFailure extends Error {
  /** Server that was tried, as libpq puts it in front; '' where it names none. */
  readonly place: ByteString;
  /** What the connection was waiting for (Dovecot driver-pgsql.c); null: it failed at once. */
  readonly state: string | null;
  /** The server has no TLS, or refused the connection without it: another attempt may do. */
  readonly tlsMatters: boolean;

  constructor(
    message: ByteString,
    {
      place = '',
      state = null,
      tlsMatters = false,
    }: Partial<Pick<ConnectFailure, 'place' | 'state' | 'tlsMatters'>> = {},
  ) {
    super(message);
    this.place = place;
    this.state = state;
    this.tlsMatters = tlsMatters;
  }

  /** The text with the server in front. */
  get whole(): ByteString {
    return this.place === '' ? this.message : `${this.place} failed: ${this.message}`;
  }
}

/** What one statement came to. `closed`: the connection died under it. */
export type StatementResult =
  | {
      readonly kind: 'rows';
      readonly columns: readonly ByteString[];
      readonly rows: readonly (readonly SqlValue[])[];
    }
  | { readonly kind: 'error'; readonly message: ByteString }
  | { readonly kind: 'closed'; readonly message: ByteString }
  | { readonly kind: 'timeout' };

/** The two methods of pg's connection that its types leave out. */
interface WireMethods {
  _send(buffer: Buffer): void;
  emit(event: string, message?: unknown): boolean;
}

/** The reader of messages, which decodes texts by this name. */
interface WireParser {
  readonly reader: { encoding: string };
}

/** Speaks the protocol with one character per byte both ways, so that nothing is lost that is not UTF-8. */
class ByteConnection extends pg.Connection {
  /** Called by pg when a stream is there, with or without TLS. */
  attachListeners(stream: NodeJS.ReadableStream): void {
    const parser = new Parser();
    (parser as unknown as WireParser).reader.encoding = 'latin1';
    const events = this as unknown as WireMethods;
    stream.on('data', (data: Buffer) => {
      parser.parse(data, (message) => {
        const { name } = message;
        events.emit(name === 'error' ? 'errorMessage' : name, message);
      });
    });
  }

  startup(parameters: Readonly<Record<string, string>>): void {
    const words = Object.entries(parameters).flat();
    const body = Buffer.concat([
      Buffer.from([0, 3, 0, 0]),
      Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1'),
      Buffer.from([0]),
    ]);
    (this as unknown as WireMethods)._send(Buffer.concat([length(body), body]));
  }

  override query(text: ByteString): void {
    const body = Buffer.from(`${text}\0`, 'latin1');
    (this as unknown as WireMethods)._send(Buffer.concat([Buffer.from('Q'), length(body), body]));
  }
}

function length(body: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(body.length + 4);
  return bytes;
}

/** What pg reads of its settings beyond its types. */
interface ByteClient {
  getStartupConf: () => Readonly<Record<string, string>>;
  user: string;
}

/** One connection to one server. */
export class PgsqlConnection {
  readonly #client: pg.Client;
  #broken = false;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  /** Rejects with ConnectFailure. */
  static async open(
    parameters: PgsqlParameters,
    address: PgsqlAddress,
    withTls: boolean,
    timeoutMs: number,
  ): Promise<PgsqlConnection> {
    const parameter = (name: string): string => toUtf8(parameters.get(name) ?? '');
    const user = parameters.get('user') ?? fromUtf8(userInfo().username);
    const database = parameters.get('dbname') ?? user;
    const isSocket = address.host.startsWith('/');
    const ssl = withTls && !isSocket ? tlsOptions(parameters, toUtf8(address.host)) : false;
    const host = toUtf8(address.hostaddr || address.host);
    const place = (ip: string) => connectionPlace(address.host, fromUtf8(ip), address.port);
    const connection = new ByteConnection({ ssl } as pg.ConnectionConfig);
    const client = new pg.Client({
      host,
      port: Number(address.port),
      user: toUtf8(user),
      database: toUtf8(database),
      // Without a password pg would look for one in its own ways; '' is refused by the server like none.
      password: parameter('password') || passwordFromFile(parameters, address, user, database),
      ssl,
      connectionTimeoutMillis: timeoutMs,
      // Its type lacks it: the connection to use.
      connection,
    } as pg.ClientConfig);
    (client as unknown as ByteClient).getStartupConf = () => ({
      user,
      database,
      ...optional('client_encoding', parameters.get('client_encoding')),
      ...optional('application_name', parameters.get('application_name')),
      ...optional(
        'application_name',
        parameters.get('application_name') ?? parameters.get('fallback_application_name'),
      ),
      ...optional('options', parameters.get('options')),
      ...optional('replication', parameters.get('replication')),
    });
    // A connection that dies while it is idle is found out by the next statement.
    const opened = new PgsqlConnection(client);
    client.on('error', () => {
      opened.#broken = true;
    });
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => undefined);
      throw allFailures(error)
        .map((each) => connectFailure(each, place, isSocket, address))
        .reduce(joined);
    }
    return opened;
  }

  /** Sends one text as it is. `timeoutMs`: how long an answer is waited for. */
  run(text: ByteString, timeoutMs: number): Promise<StatementResult> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#broken = true;
        resolve({ kind: 'timeout' });
      }, timeoutMs);
      const done = (result: StatementResult) => {
        clearTimeout(timer);
        resolve(result);
      };
      // libpq takes a C string.
      const nul = text.indexOf('\0');
      const statement = nul === -1 ? text : text.slice(0, nul);
      void this.#client.query(
        { text: statement, rowMode: 'array', types: { getTypeParser: () => (value: string) => value } },
        (error: Error | null, result: pg.QueryArrayResult | pg.QueryArrayResult[]) => {
          if (error) done(this.#failed(error, statement));
          else done(rowsOf(Array.isArray(result) ? result : [result]));
        },
      );
    });
  }

  /** The rows of one statement as they are asked for. Rejects, as its rows do, with SqlFailure. */
  async stream(text: ByteString, timeoutMs: number): Promise<SqlStream> {
    const stream = new RowStream(this.#client, text, (error) => {
      const result = this.#failed(error, text);
      return new SqlFailure(result.kind === 'timeout' || result.kind === 'rows' ? '' : result.message);
    });
    const timer = setTimeout(() => {
      this.#broken = true;
      stream.fail(new SqlFailure('Query timed out'));
    }, timeoutMs);
    try {
      return { columns: await stream.columns(), rows: this.#whole(stream) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection whose rows were not all read is of no use any more. */
  async *#whole(stream: RowStream): AsyncGenerator<readonly SqlValue[]> {
    try {
      yield* stream.rows();
    } finally {
      if (!stream.isOver) this.#broken = true;
    }
  }

  async close(): Promise<void> {
    this.#broken = true;
    await this.#client.end().catch(() => undefined);
  }

  #failed(error: Error, query: ByteString): StatementResult {
    const server = serverError(error);
    if (server !== null && server.severity !== 'FATAL' && server.severity !== 'PANIC')
      return { kind: 'error', message: errorText(server, query) };
    this.#broken = true;
    return { kind: 'closed', message: server === null ? CLOSED : `${errorText(server, query)}\n${CLOSED}` };
  }
}

/** Dovecot walks through the results in their order and takes the columns of the first. driver-pgsql.c */
function rowsOf(results: readonly pg.QueryArrayResult[]): StatementResult {
  const first = results[0];
  if (first === undefined) return { kind: 'rows', columns: [], rows: [] };
  // An empty statement is a failure without text. Dovecot driver-pgsql.c: PGRES_EMPTY_QUERY
  if (results.length === 1 && first.command === null) return { kind: 'error', message: '' };
  return {
    kind: 'rows',
    columns: first.fields.map(({ name }) => name),
    rows: results.flatMap(({ rows }) => rows as SqlValue[][]),
  };
}

function optional(name: string, value: ByteString | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

function serverError(error: unknown): ServerError | null {
  const fields = error as Partial<Record<keyof pg.DatabaseError, unknown>>;
  if (typeof fields.severity !== 'string' || typeof fields.message !== 'string') return null;
  const field = (name: keyof pg.DatabaseError): ByteString => {
    const value = fields[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    severity: field('severity'),
    message: field('message'),
    detail: field('detail'),
    hint: field('hint'),
    position: Number(field('position')) || 0,
    internalPosition: Number(field('internalPosition')) || 0,
    internalQuery: field('internalQuery'),
    where: field('where'),
  };
}

/** One error for each address that a name has. */
function allFailures(error: unknown): readonly unknown[] {
  const { errors } = error as { errors?: readonly unknown[] };
  return errors === undefined || errors.length === 0 ? [error] : errors;
}

function joined(first: ConnectFailure, next: ConnectFailure): ConnectFailure {
  const { place, tlsMatters } = first;
  return new ConnectFailure(`${first.message}\n${next.whole}`, { place, state: next.state, tlsMatters });
}

const CONNECTING = 'connecting';
const WAITING = 'wait for input';
const CLOSED =
  'server closed the connection unexpectedly\n' +
  '\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.';

function connectFailure(
  error: unknown,
  placeOf: (ip: string) => ByteString,
  isSocket: boolean,
  address: PgsqlAddress,
): ConnectFailure {
  if (error instanceof ConnectFailure) return error;
  const server = serverError(error);
  const { code, message, address: ip } = error as { code?: string; message?: string; address?: string };
  const place = placeOf(ip ?? '');
  if (server !== null)
    return new ConnectFailure(errorText(server, ''), { place, state: WAITING, tlsMatters: true });
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const text = code === 'ENOTFOUND' ? 'Name or service not known' : 'Temporary failure in name resolution';
    return new ConnectFailure(`could not translate host name "${address.host}" to address: ${text}`);
  }
  if (code !== undefined && /^E[A-Z]+$/.test(code)) {
    const state = isSocket ? null : CONNECTING;
    return new ConnectFailure(connectFailureText(code, isSocket), {
      place,
      state,
      tlsMatters: code === 'ECONNRESET',
    });
  }
  const text = fromUtf8(message ?? String(error));
  if (text === 'timeout expired') return new ConnectFailure(text, { place, state: CONNECTING });
  if (text === 'The server does not support SSL connections')
    return new ConnectFailure(NO_TLS, { place, state: WAITING, tlsMatters: true });
  if (text.includes('terminated unexpectedly'))
    return new ConnectFailure(CLOSED, { place, state: WAITING, tlsMatters: true });
  if (text.includes('password must be'))
    return new ConnectFailure('fe_sendauth: no password supplied', { place, state: WAITING });
  return new ConnectFailure(`SSL error: ${text}`, { place, state: WAITING, tlsMatters: true });
}

/** What libpq says where TLS is wanted and the server has none. */
export const NO_TLS = 'server does not support SSL, but SSL was required';

/** sslmode and the files that go with it. PostgreSQL 15 manual, 34.19 */
function tlsOptions(parameters: PgsqlParameters, host: string): ConnectionOptions {
  const mode = parameters.get('sslmode') ?? 'prefer';
  const file = (name: string, fallback: string): string | null => {
    const given = parameters.get(name);
    const path = given === undefined ? join(homedir(), '.postgresql', fallback) : toUtf8(given);
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  };
  const ca = file('sslrootcert', 'root.crt');
  if (ca === null && mode.startsWith('verify')) {
    const path = parameters.get('sslrootcert') ?? '~/.postgresql/root.crt';
    throw new ConnectFailure(`root certificate file "${path}" does not exist`);
  }
  const cert = file('sslcert', 'postgresql.crt');
  const key = cert === null ? null : file('sslkey', 'postgresql.key');
  return {
    // With a root certificate `require` means `verify-ca`.
    rejectUnauthorized: mode.startsWith('verify') || (mode === 'require' && ca !== null),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    ...(mode === 'verify-full' ? { host } : { checkServerIdentity: () => undefined }),
  };
}

/** `host:port:database:user:password` lines. PostgreSQL 15 manual, 34.16 */
function passwordFromFile(
  parameters: PgsqlParameters,
  address: PgsqlAddress,
  user: ByteString,
  database: ByteString,
): string {
  const given = parameters.get('passfile') ?? '';
  const path = given === '' ? join(homedir(), '.pgpass') : toUtf8(given);
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return '';
  }
  const host = address.host === '/var/run/postgresql' ? 'localhost' : address.host || address.hostaddr;
  const wanted = [host, address.port, database, user];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const parts = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, part]) =>
      (part ?? '').replace(/\\(.)/g, '$1'),
    );
    if (wanted.every((value, index) => parts[index] === '*' || parts[index] === value))
      return toUtf8(parts[4] ?? '');
  }
  return '';
}
