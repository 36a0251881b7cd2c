import { readFileSync } from 'node:fs';
import { connect as connectSocket, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { LogEntry, LookupContext, LookupOutcome, PassdbDriver } from '../auth/driver.js';
import type { Config } from '../config/config.js';
import type { PassdbBlock } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';

/** An imap passdb: who is asked, and as whom. Host and name may hold variables. */
interface ImapTarget {
  readonly host: ByteString;
  readonly port: number;
  readonly username: ByteString;
  readonly tls: 'no' | 'imaps' | 'starttls';
  readonly ca: ByteString;
  readonly verify: boolean;
}

// Dovecot imapc-connection.h: IMAPC_CONNECT_TIMEOUT_MSECS (30 s there), IMAPC_LOGIN timeout; a dead host fails faster here.
const TIMEOUT = 10_000;
const MAX_LINE = 65_536;

/** Opens an imap passdb. Throws an Error with Dovecot's `auth: Fatal: ` text. */
export async function openImap(block: PassdbBlock, config: Config): Promise<PassdbDriver> {
  const is23 = seriesOf(config.version) === '2.3';
  const target = is23 ? target23(block.args.text, config) : target24(block, config);
  return {
    name: 'imap',
    canLookupCredentials: false,
    lookup: (context) => lookup(target, context, is23),
    close: async () => {},
  };
}

/** Dovecot 2.3.19.1 passdb-imap.c: passdb_imap_preinit */
function target23(args: ByteString, config: Config): ImapTarget {
  const fatal = (text: ByteString): never => {
    throw new Error(`passdb imap: ${text}`);
  };
  let host: ByteString | null = null;
  let port = 0;
  let username = '%u';
  let tls: ImapTarget['tls'] = 'no';
  let ca: ByteString | null = null;
  let verify = true;
  for (const word of args.split(' ')) {
    const equals = word.indexOf('=');
    const key = equals === -1 ? word : word.slice(0, equals);
    const value = equals === -1 ? '' : word.slice(equals + 1);
    switch (key) {
      case 'host':
        host = value;
        break;
      case 'port':
        port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
        if (port < 1 || port > 65_535) fatal(`Invalid port: ${value}`);
        break;
      case 'username':
        username = value;
        break;
      case 'ssl_ca_file':
        ca = value;
        break;
      case 'ssl_ca_dir':
        ca ??= '';
        break;
      case 'rawlog_dir':
        break;
      case 'ssl':
        if (value !== 'imaps' && value !== 'starttls') fatal(`Invalid ssl mode: ${value}`);
        tls = value as ImapTarget['tls'];
        break;
      case 'allow_invalid_cert':
        if (value !== 'yes' && value !== 'no') fatal(`Invalid allow_invalid_cert value: ${value}`);
        verify = value === 'no';
        break;
      default:
        fatal(`Unknown parameter: ${key}`);
    }
  }
  if (verify && tls !== 'no' && ca === null)
    fatal('Cannot verify certificate without ssl_ca_dir or ssl_ca_file setting');
  if (host === null) return fatal('Missing host parameter');
  return {
    host,
    port: port || (tls === 'imaps' ? 993 : 143),
    username,
    tls,
    ca: ca || (config.effective.setting('ssl_client_ca_file')?.text ?? ''),
    verify,
  };
}

function target24(block: PassdbBlock, config: Config): ImapTarget {
  const get = (name: string): ByteString =>
    (block.setting(name) ?? config.effective.setting(name))?.text ?? '';
  const mode = get('imapc_ssl');
  return {
    host: get('imapc_host'),
    port: Number(get('imapc_port')) || 143,
    username: get('imapc_user'),
    tls: mode === 'imaps' || mode === 'starttls' ? mode : 'no',
    ca: get('ssl_client_ca_file'),
    verify: get('ssl_client_require_valid_cert') !== 'no',
  };
}

/** The server ended the conversation, or could not be talked to. */
class Disconnected extends Error {}

/** Dovecot passdb-imap.c: passdb_imap_verify_plain, passdb_imap_login_callback */
async function lookup(target: ImapTarget, context: LookupContext, is23: boolean): Promise<LookupOutcome> {
  const log: LogEntry[] = [];
  const values: ByteString[] = [];
  for (const [name, template] of [
    ['username', target.username],
    ['host', target.host],
  ] as const) {
    const expansion = context.expand(template);
    if (expansion.kind === 'error') {
      const text = `Failed to expand ${name}=${template}: ${expansion.message}`;
      return { kind: 'internal', log: [{ level: 'error', text }] };
    }
    values.push(expansion.text);
  }
  const [username = '', host = ''] = values;
  const { password } = context.request;
  const queries = [{ text: `LOGIN ${username}`, database: `imap ${host}:${target.port}`, rows: null }];
  // Nobody knows it: the chain takes the password as right and says so.
  if (password === null)
    return { kind: 'found', fields: [], defaultScheme: 'PLAIN', compares: '{PLAIN}', log, queries };
  // 2.3 logs for the auth process, 2.4 for the passdb. observed
  const imapc = (level: LogEntry['level'], text: ByteString): void => {
    log.push({
      level,
      text: `imapc(${host}:${target.port}): ${text}`,
      ...(is23 ? { scope: 'process' } : {}),
    });
  };
  let answer: Answer;
  try {
    answer = await login(target, host, username, password, context.signal, (text) => imapc('info', text));
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    const reason = SYSTEM_TEXT[code ?? ''] ?? message ?? String(error);
    let end = 'Disconnected from server';
    if (error instanceof Disconnected) {
      if (is23) imapc('error', `${fromUtf8(reason)} - disconnecting`);
      else {
        imapc('warning', `${fromUtf8(reason)} - reconnecting (delay 0 ms)`);
        end = `Authentication failed: ${end}`;
      }
    } else {
      const failure = `connect(${host}, ${target.port}) failed: ${fromUtf8(reason)}`;
      if (!is23) imapc('warning', `${failure} - reconnecting (delay 1000 ms)`);
      imapc('error', `${failure} - disconnecting`);
    }
    log.push({ level: 'error', text: end });
    return {
      kind: 'internal',
      log,
      queries,
      unreachable: { host: `${toUtf8(host)}:${target.port}`, reason },
    };
  }
  if (answer.status === 'OK')
    return { kind: 'found', fields: [], defaultScheme: 'PLAIN', verified: 'ok', log, queries };
  // Whatever the server's reason is, a wrong password too: a temporary failure. observed 2.3.19.1 and 2.4.1-4
  const text = `Authentication failed: ${answer.text}`;
  imapc('error', text);
  return { kind: 'internal', log: [...log, { level: 'error', text }], queries };
}

const SYSTEM_TEXT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
};

interface Answer {
  readonly status: ByteString;
  readonly text: ByteString;
}

async function login(
  target: ImapTarget,
  host: ByteString,
  username: ByteString,
  password: ByteString,
  signal: AbortSignal,
  info: (text: ByteString) => void,
): Promise<Answer> {
  const tls: ConnectionOptions = {
    host: toUtf8(host),
    port: target.port,
    servername: /^[0-9.]+$|:/.test(host) ? '' : toUtf8(host),
    rejectUnauthorized: target.verify,
    ...(target.ca === '' ? {} : { ca: readFileSync(toUtf8(target.ca), 'utf8') }),
  };
  const plain =
    target.tls === 'imaps' ? connectTls(tls) : connectSocket({ host: toUtf8(host), port: target.port });
  let conversation = new Conversation(plain, signal);
  try {
    await conversation.ready(target.tls === 'imaps' ? 'secureConnect' : 'connect');
    const { remoteAddress, remotePort, localAddress, localPort } = plain;
    info(`Connected to ${remoteAddress}:${remotePort} (local ${localAddress}:${localPort})`);
    const greeting = await conversation.line();
    if (!/^\* (OK|PREAUTH)/i.test(greeting)) throw new Disconnected(toUtf8(greeting));
    if (target.tls === 'starttls') {
      const answer = await conversation.command('STARTTLS');
      if (answer.status !== 'OK') throw new Disconnected(toUtf8(answer.text));
      conversation = new Conversation(connectTls({ ...tls, socket: conversation.release() }), signal);
      await conversation.ready('secureConnect');
    }
    let capabilities = /\[CAPABILITY ([^\]]*)\]/i.exec(greeting)?.[1] ?? null;
    if (target.tls === 'starttls' || capabilities === null) capabilities = await conversation.capabilities();
    const words = capabilities.toUpperCase().split(' ');
    // Dovecot imapc-connection.c: imapc_connection_authenticate
    if ((isQuotable(username) && isQuotable(password)) || !words.includes('AUTH=PLAIN'))
      return await conversation.command(`LOGIN ${quoted(username)} ${quoted(password)}`);
    const response = Buffer.from(`\0${username}\0${password}`, 'latin1').toString('base64');
    return words.includes('SASL-IR')
      ? await conversation.command(`AUTHENTICATE PLAIN ${response}`)
      : await conversation.command('AUTHENTICATE PLAIN', response);
  } finally {
    conversation.end();
  }
}

/** Dovecot imapc-connection.c: need_literal */
function isQuotable(text: ByteString): boolean {
  return !/[\0\r\n\x80-\xff]/.test(text);
}

function quoted(text: ByteString): ByteString {
  return isQuotable(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `{${text.length}+}\r\n${text}`;
}

/** Lines of one connection, one command at a time. */
class Conversation {
  readonly #socket: Socket;
  #buffer = '';
  #ended: Error | null = null;
  #wake: (() => void) | null = null;
  readonly #onData = (data: Buffer): void => {
    this.#buffer += data.toString('latin1');
    this.#wake?.();
  };
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#fail(new Disconnected('the answer is not wanted any more'));
  readonly #onClose = (): void => this.#fail(new Disconnected('Server disconnected unexpectedly: EOF'));

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    socket.setTimeout(TIMEOUT, () => this.#fail(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
    socket.on('data', this.#onData);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', this.#onClose);
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  ready(event: 'connect' | 'secureConnect'): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.#ended !== null) reject(this.#ended);
      };
      this.#socket.once(event, () => {
        this.#wake = null;
        resolve();
      });
    });
  }

  async line(): Promise<ByteString> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end !== -1) {
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        return line;
      }
      if (this.#buffer.length > MAX_LINE) throw new Disconnected('a line of the server is too long');
      if (this.#ended !== null) throw this.#ended;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** `response` is sent at the server's `+`. */
  async command(text: ByteString, response?: ByteString): Promise<Answer> {
    this.#socket.write(Buffer.from(`A ${text}\r\n`, 'latin1'));
    for (;;) {
      const line = await this.line();
      if (line.startsWith('+') && response !== undefined) {
        this.#socket.write(`${response}\r\n`);
        continue;
      }
      const [, status, rest] = /^A (\S+) ?(.*)$/s.exec(line) ?? [];
      if (status !== undefined) return { status: status.toUpperCase(), text: rest ?? '' };
    }
  }

  async capabilities(): Promise<ByteString> {
    this.#socket.write('A CAPABILITY\r\n');
    let found = '';
    for (;;) {
      const line = await this.line();
      found = /^\* CAPABILITY (.*)$/i.exec(line)?.[1] ?? found;
      if (line.startsWith('A ')) return found;
    }
  }

  /** Gives the socket to TLS. */
  release(): Socket {
    this.#socket.off('data', this.#onData);
    this.#socket.off('close', this.#onClose);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.setTimeout(0);
    return this.#socket;
  }

  end(): void {
    this.#ended ??= new Disconnected('done');
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#wake?.();
  }
}
