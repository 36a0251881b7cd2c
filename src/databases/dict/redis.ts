import { connect, type Socket } from 'node:net';
import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import { DictFailure, type Dictionary } from './dictionary.js';

/** A `redis:` uri's settings. */
export interface RedisTarget {
  readonly path: ByteString | null;
  readonly host: ByteString;
  readonly port: number;
  readonly prefix: ByteString;
  readonly database: number;
  readonly password: ByteString;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Throws an Error with Dovecot's text. Dovecot 2.3.19.1 dict-redis.c: redis_dict_init */
export function parseRedisUri(text: ByteString): RedisTarget {
  const target = {
    path: null as ByteString | null,
    host: '127.0.0.1',
    port: 6379,
    prefix: '',
    database: 0,
    password: '',
    timeout: 30_000,
  };
  let problem: ByteString | null = null;
  const number = (value: ByteString, what: string): number => {
    if (!/^\d{1,10}$/.test(value)) problem = `Invalid ${what}: ${value}`;
    return Number(value);
  };
  for (const part of text.split(':')) {
    const [, name, value = ''] = /^([a-z_]+)=(.*)$/s.exec(part) ?? [];
    switch (name) {
      case 'path':
        target.path = value;
        break;
      case 'host':
        if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(value)) problem = `Invalid IP: ${value}`;
        target.host = value;
        break;
      case 'port':
        target.port = number(value, 'port');
        if (target.port === 0 || target.port > 65_535) problem = `Invalid port: ${value}`;
        break;
      case 'prefix':
        target.prefix = value;
        break;
      case 'db':
        target.database = number(value, 'db number');
        break;
      case 'expire_secs':
        if (number(value, 'expire_secs') === 0) problem = `Invalid expire_secs: ${value}`;
        break;
      case 'timeout_msecs':
        target.timeout = number(value, 'timeout_msecs');
        break;
      case 'password':
        target.password = value;
        break;
      default:
        problem = `Unknown parameter: ${part}`;
    }
  }
  if (problem !== null) throw new Error(problem);
  return target;
}

interface Waiting {
  readonly kind: 'status' | 'value';
  resolve(value: ByteString | null): void;
  reject(error: DictFailure): void;
}

/**
 * The three commands that a dict look-up sends: AUTH, SELECT and GET, with keys as bytes. Requests are sent one behind
 * the other on one connection, which is made again when it ends. Dovecot 2.3.19.1 dict-redis.c
 */
export class RedisDict implements Dictionary {
  readonly label: string;
  readonly #target: RedisTarget;
  #socket: Socket | null = null;
  #waiting: Waiting[] = [];
  #input: Buffer = Buffer.alloc(0);
  #lastReply: ByteString = '';

  constructor(target: RedisTarget) {
    this.#target = target;
    this.label = `redis ${this.#address}/${target.database}`;
  }

  get #address(): string {
    const { path, host, port } = this.#target;
    return path === null ? `${host}:${port}` : toUtf8(path);
  }

  async lookup(key: ByteString): Promise<ByteString | null> {
    const name = this.#target.prefix + key.replace(/^shared\//, '');
    const isNew = this.#socket === null;
    const socket = this.#socket ?? (await this.#connect());
    if (isNew) await this.#greet(socket);
    return this.#send(socket, 'value', ['GET', name]);
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connect(): Promise<Socket> {
    const { path, host, port, timeout } = this.#target;
    const socket = path === null ? connect({ host, port }) : connect(toUtf8(path));
    this.#input = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('timeout')), timeout);
      socket.once('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        const reason = error.code === 'ECONNREFUSED' ? 'Connection refused' : error.message;
        // Dovecot 2.3.19.1 redis_conn_connected, redis_dict_lookup
        const text = `dict(redis): conn ${this.#address}: connect() failed: ${reason}`;
        const log = [{ level: 'error', text, scope: 'process' } as const];
        reject(this.#failed({ host: this.#address, reason }, log));
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        this.#socket = socket;
        socket.on('data', (data) => this.#received(socket, data));
        socket.on('close', () => this.#ended(socket));
        resolve(socket);
      });
    });
  }

  async #greet(socket: Socket): Promise<void> {
    const { password, database } = this.#target;
    if (password !== '') await this.#send(socket, 'status', ['AUTH', password]);
    if (database !== 0) await this.#send(socket, 'status', ['SELECT', String(database)]);
  }

  #send(socket: Socket, kind: Waiting['kind'], words: readonly ByteString[]): Promise<ByteString | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(), this.#target.timeout);
      const done = <T>(action: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          action(value);
        };
      };
      this.#waiting.push({ kind, resolve: done(resolve), reject: done(reject) });
      // Words go with their lengths: nothing in them is read as a command.
      const text = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
      socket.write(Buffer.from(`*${words.length}\r\n${text}`, 'latin1'));
    });
  }

  #received(socket: Socket, data: Buffer): void {
    this.#input = this.#input.length === 0 ? data : Buffer.concat([this.#input, data]);
    for (;;) {
      const end = this.#input.indexOf('\r\n');
      if (end === -1) return;
      const line = this.#input.toString('latin1', 0, end);
      const [waiting] = this.#waiting;
      const size = waiting?.kind === 'value' ? /^\$(-1|\d+)$/.exec(line)?.[1] : undefined;
      if (
        waiting === undefined ||
        (size === undefined && !(waiting.kind === 'status' && line.startsWith('+')))
      ) {
        this.#lastReply = line;
        socket.destroy();
        return;
      }
      const length = Number(size ?? -1);
      const whole = end + 2 + (length < 0 ? 0 : length + 2);
      if (this.#input.length < whole) return;
      const value = length < 0 ? null : this.#input.toString('latin1', end + 2, whole - 2);
      this.#input = this.#input.subarray(whole);
      this.#waiting.shift();
      waiting.resolve(value);
    }
  }

  #ended(socket: Socket): void {
    if (this.#socket === socket) this.#socket = null;
    for (const { reject } of this.#waiting.splice(0))
      reject(this.#failed({ host: this.#address, reason: 'the connection ended' }));
  }

  #failed(unreachable: DictFailure['unreachable'], log: DictFailure['log'] = []): DictFailure {
    return new DictFailure(`redis: Communication failure (last reply: ${this.#lastReply})`, unreachable, log);
  }
}
