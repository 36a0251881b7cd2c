import type { ByteString } from '../../../grammar/bytes.js';
import { greetedName, stringMistake } from '../../config/smtp-address-parser.js';
import { ipPort } from '../ip-address.js';
import type { ClientAddresses } from '../login-client.js';
import type { LogLevel } from '../session-event.js';
import { multiline } from '../submission/replies.js';
import { CommandParser, type ParsedCommand } from './command-parser.js';
import { parseFrontEnd } from './front-end.js';
import { LmtpClient, type LmtpEnvironment } from './lmtp-client.js';
import type { LmtpAction, LmtpEvent } from './lmtp-event.js';
import { MessageInput } from './message-input.js';
import { RecipientCommands } from './recipient-commands.js';
import { formatReply } from './smtp-reply.js';

/** Dovecot lmtp-client.c CLIENT_IDLE_TIMEOUT_MSECS */
const IDLE_MS = 300_000;
/** Dovecot lib-smtp/smtp-server-private.h SMTP_SERVER_DEFAULT_MAX_BAD_COMMANDS: consecutive ones */
const MAX_BAD_COMMANDS = 10;
const BAD_STATUS = /^50[013]/;
/** Commands that are known, if only to refuse them. Dovecot lib-smtp/smtp-server-command.c smtp_server_commands_init */
const COMMANDS: ReadonlySet<ByteString> = new Set(
  'LHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET VRFY NOOP QUIT XCLIENT'.split(' '),
);

/** As the log names it. Dovecot lib-smtp/smtp-server-connection.c smtp_server_state_names */
export type LmtpState =
  | 'GREETING'
  | 'XCLIENT'
  | 'HELO'
  | 'STARTTLS'
  | 'READY'
  | 'MAIL FROM'
  | 'RCPT TO'
  | 'DATA';

export interface LmtpSessionOptions {
  readonly addresses: ClientAddresses;
  readonly implicitTls: boolean;
  readonly environment: LmtpEnvironment;
}

/**
 * One LMTP connection, without input or output of its own: events in, actions out. Dovecot src/lmtp, lib-smtp; RFC 2033
 */
export class LmtpSession {
  readonly client: LmtpClient;
  readonly #parser = new CommandParser();
  readonly #commands: RecipientCommands;
  readonly #message: MessageInput;
  #actions: LmtpAction[] = [];
  #state: LmtpState = 'GREETING';
  #badCommands = 0;
  /** The command that is looked at, where it is a known one. */
  #current: ByteString | null = null;
  /** Bytes for TLS came with STARTTLS. */
  #earlyTls = false;
  #closed = false;
  #paused = false;
  #processing = false;

  constructor({ addresses, implicitTls, environment }: LmtpSessionOptions) {
    this.client = new LmtpClient(addresses, implicitTls, environment);
    const side = {
      act: (action: LmtpAction) => this.#act(action),
      log: (level: LogLevel, text: ByteString) => this.#act({ kind: 'log', level, text }),
      send: (lines: ByteString) => this.#send(lines),
      enter: (state: LmtpState) => {
        this.#state = state;
      },
      progress: () => this.#process(),
    };
    this.#commands = new RecipientCommands(this.client, side);
    this.#message = new MessageInput(this.client, this.#commands, side);
  }

  /** What is to be done about an event, in order. */
  receive(event: LmtpEvent): readonly LmtpAction[] {
    if (this.#closed) return [];
    this.#handle(event);
    // Backends are left first, also by one that was being read.
    if (this.#isClosed()) this.#act({ kind: 'close_client' });
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #act(action: LmtpAction): void {
    this.#actions.push(action);
  }

  #handle(event: LmtpEvent): void {
    switch (event.kind) {
      case 'client_connected':
        this.#act({ kind: 'log', level: 'info', text: `Connect from ${this.client.remoteIp}` });
        this.#restartIdle();
        if (this.client.tls === 'none') this.#greet();
        break;
      case 'client_tls_ready':
        this.#tlsReady(event.localName, event.security);
        break;
      case 'client_data':
        this.#restartIdle();
        this.#parser.buffer.append(event.data);
        this.#process();
        break;
      case 'client_closed':
        this.#clientClosed(event.error);
        break;
      case 'looked_up':
        this.#commands.lookedUp(event.answer, event.local);
        break;
      case 'backend_connected':
        this.#commands.backend(event.backend)?.connected();
        break;
      case 'backend_refused':
        this.#commands.backend(event.backend)?.refused(event.error);
        break;
      case 'backend_data':
        this.#commands.backend(event.backend)?.received(event.data);
        break;
      case 'backend_closed':
        this.#commands.backend(event.backend)?.closed(event.error);
        break;
      case 'backend_tls_failed':
        this.#commands.backend(event.backend)?.tlsFailed(event.error);
        break;
      case 'store_failed':
        this.#message.storeFailed(event.error);
        break;
      case 'timer':
        this.#timer(event.name);
        break;
      case 'shutdown':
        this.#terminate('4.3.2', this.client.series === '2.3' ? 'Shutting down' : 'Server shutting down');
        break;
    }
  }

  #clientClosed(error: string): void {
    if (this.client.tls === 'handshaking') this.#tlsFailed(error);
    else this.#close(error === '' ? 'Connection closed' : error);
  }

  /** Dovecot lib-smtp/smtp-server-connection.c smtp_server_connection_ssl_init, smtp_server_connection_input; observed */
  #tlsFailed(error: string): void {
    const ready = this.#state === 'STARTTLS' ? 'READY' : this.#state;
    const { series, logName, remoteIp, remotePort } = this.client;
    if (series === '2.3') {
      this.#state = ready;
      this.#close(error === '' ? 'Connection closed' : `Connection closed: ${error}`);
      return;
    }
    const log = (text: ByteString) => this.#act({ kind: 'log', level: 'error', text: `${logName}: ${text}` });
    if (error === '' || this.#earlyTls) {
      log(`SSL handshake failed: ${error === '' ? 'Connection closed' : error}`);
      this.#close('SSL Initialization failed');
      return;
    }
    const place = ipPort(remoteIp, remotePort);
    const stream = `SSL (conn:${place},id=${this.client.environment.connectionId})`;
    const text = `SSL handshaking with ${place} failed: read(${stream}) failed: ${error}`;
    log(text);
    this.#state = ready;
    this.#close(text);
  }

  #timer(name: string): void {
    const [what = '', id] = name.split(':');
    if (id !== undefined) this.#commands.backend(Number(id))?.timedOut(what);
    else if (!this.#commands.busy && !this.#message.delivering)
      this.#terminate('4.4.2', 'Disconnected for inactivity');
    else this.#restartIdle();
  }

  #restartIdle(): void {
    this.#act({ kind: 'set_timer', name: 'idle', milliseconds: IDLE_MS });
  }

  #send(lines: ByteString): void {
    if (this.#closed) return;
    this.#badCommands = BAD_STATUS.test(lines) ? this.#badCommands + 1 : 0;
    if (this.#badCommands <= MAX_BAD_COMMANDS) this.#act({ kind: 'to_client', data: lines });
    else this.#terminate('4.7.0', 'Too many invalid commands.', this.#current);
  }

  #reply(status: number, code: string, text: ByteString): void {
    this.#send(formatReply(status, code, [text]));
  }

  #greet(): void {
    this.#act({
      kind: 'to_client',
      data: `220 ${this.client.hostname} ${this.client.settings.greeting}\r\n`,
    });
  }

  #tlsReady(localName: ByteString, security: ByteString): void {
    const first = this.#state === 'GREETING';
    this.client.tlsStarted(localName, security);
    if (first) this.#greet();
    else this.#state = 'READY';
    this.#process();
  }

  /** Uses what has arrived as far as it may: an answer that comes at once leads back here, without nesting. */
  #process(): void {
    if (this.#processing) return;
    this.#processing = true;
    while (!this.#closed && this.#step()) {
      // goes on
    }
    this.#processing = false;
    this.#regulate();
  }

  #step(): boolean {
    if (this.client.tls === 'handshaking' || this.#commands.lookingUp || this.#message.delivering)
      return false;
    if (this.#message.receiving) return this.#message.read(this.#parser.buffer);
    const command = this.#parser.next(this.#commands.busy);
    if (command === null) return false;
    this.#execute(command);
    return true;
  }

  /** A client whose commands have to wait is not read. */
  #regulate(): void {
    if (this.#closed) return;
    const full = this.#parser.buffer.length > 0 && (this.#commands.busy || this.#message.delivering);
    if (full === this.#paused) return;
    this.#paused = full;
    this.#act({ kind: full ? 'pause_client' : 'resume_client' });
  }

  #execute(command: ParsedCommand): void {
    switch (command.kind) {
      case 'bad':
        this.#reply(500, '5.5.2', 'Invalid command syntax');
        break;
      case 'too_long':
        this.#reply(500, '5.5.2', 'Line too long');
        break;
      case 'command':
        this.#current = COMMANDS.has(command.name) ? command.name : null;
        this.#run(command.name, command.parameters);
        this.#current = null;
        break;
    }
  }

  #run(name: ByteString, parameters: ByteString): void {
    switch (name) {
      case 'LHLO':
        this.#hello(parameters);
        break;
      case 'MAIL':
        this.#commands.mail(parameters);
        break;
      case 'RCPT':
        this.#commands.rcpt(parameters);
        break;
      case 'DATA':
        this.#message.data(parameters);
        break;
      case 'BDAT':
        this.#message.bdat(parameters);
        break;
      case 'STARTTLS':
        this.#startTls(parameters);
        break;
      case 'XCLIENT':
        this.#xclient(parameters);
        break;
      case 'RSET':
        if (parameters !== '') this.#reply(501, '5.5.4', 'Invalid parameters');
        else {
          this.#reset();
          this.#reply(250, '2.0.0', 'OK');
        }
        break;
      case 'NOOP':
      case 'VRFY':
        this.#textCommand(name, parameters);
        break;
      case 'QUIT':
        if (parameters !== '') this.#reply(501, '5.5.4', 'Invalid parameters');
        else {
          this.#reply(221, '2.0.0', 'Bye');
          this.#close('Logged out');
        }
        break;
      case 'AUTH':
        this.#reply(502, '5.5.1', 'Unsupported command');
        break;
      default:
        this.#reply(500, '5.5.1', 'Unknown command');
    }
  }

  /** The transaction is forgotten. */
  #reset(): void {
    this.#message.reset();
    this.#commands.reset();
    this.#state = 'READY';
  }

  #hello(domain: ByteString): void {
    if (domain === '') {
      this.#reply(501, '', 'Missing hostname');
      return;
    }
    this.#reset();
    this.client.helo = greetedName(domain, this.client.series);
    const lines = [this.client.hostname, '8BITMIME', 'CHUNKING', 'ENHANCEDSTATUSCODES', 'PIPELINING'];
    if (this.client.canStartTls) lines.push('STARTTLS');
    if (this.client.trusted) {
      const more = this.client.series === '2.3' ? 'TTL TIMEOUT' : 'CLIENT-TRANSPORT TTL TIMEOUT DESTNAME';
      lines.push(`XCLIENT ADDR PORT PROTO HELO LOGIN SESSION ${more}`, 'XRCPTFORWARD');
    }
    this.#send(multiline('250', lines));
  }

  /** RFC 5321 4.1.1.6, 4.1.1.9: a string is an atom or quoted. */
  #textCommand(name: 'NOOP' | 'VRFY', parameters: ByteString): void {
    const mistake = stringMistake(parameters, this.client.series);
    if (mistake !== null) this.#reply(501, '5.5.4', `Invalid string parameter: ${mistake}`);
    else if (name === 'NOOP') this.#reply(250, '2.0.0', 'OK');
    else if (parameters === '') this.#reply(501, '5.5.4', 'Invalid parameters');
    else this.#reply(252, '2.3.3', 'Try RCPT instead');
  }

  #startTls(parameters: ByteString): void {
    if (this.client.tls === 'active') this.#reply(502, '5.5.1', 'TLS is already active.');
    else if (this.client.settings.tlsMode === 'no') this.#reply(502, '5.5.1', 'TLS support is not enabled.');
    else if (parameters !== '') this.#reply(501, '5.5.4', 'Invalid parameters');
    else {
      this.#reply(220, '2.0.0', 'Begin TLS negotiation now.');
      this.#reset();
      this.#state = 'STARTTLS';
      this.client.tls = 'handshaking';
      // What followed the command in clear is fed to TLS, where it fails: nothing of it is ever a command.
      const early = this.#parser.takeRest();
      this.#earlyTls = early !== '';
      this.#act({ kind: 'start_client_tls', early });
    }
  }

  #xclient(parameters: ByteString): void {
    if (this.#commands.transaction !== null) {
      this.#reply(503, '5.5.0', 'XCLIENT not permitted during a mail transaction');
    } else if (!this.client.trusted) {
      this.#reply(550, '5.7.14', 'You are not from trusted IP');
    } else {
      const parsed = parseFrontEnd(parameters, this.client.series);
      if (parsed.kind === 'refused') {
        this.#reply(501, '5.5.4', parsed.text);
        return;
      }
      this.#reset();
      this.client.takeFrontEnd(parsed.facts);
      this.#greet();
    }
  }

  /** Dovecot lib-smtp/smtp-server-connection.c smtp_server_connection_terminate */
  #terminate(code: string, text: ByteString, unfinished: ByteString | null = null): void {
    if (this.#closed) return;
    if (this.client.tls !== 'handshaking')
      this.#act({ kind: 'to_client', data: formatReply(421, code, [`${this.client.hostname} ${text}`]) });
    this.#close(text, unfinished);
  }

  #close(reason: ByteString, command: ByteString | null = null): void {
    if (this.#closed) return;
    const unfinished = this.#unfinished() ?? command;
    const what = unfinished === null ? '' : ` (unfinished ${unfinished} command)`;
    const text = `Disconnect from ${this.client.remoteIp}: ${reason}${what} (state=${this.#state})`;
    this.#closed = true;
    this.#act({ kind: 'log', level: 'info', text });
    this.#message.reset();
    this.#commands.reset();
    this.#act({ kind: 'clear_timer', name: 'idle' });
  }

  #unfinished(): string | null {
    if (this.#commands.busy) return 'RCPT';
    return this.#message.unfinished;
  }
}
