import type { ByteString } from '../../../grammar/bytes.js';
import { disconnectMessage } from '../disconnect-reason.js';
import { inactivity } from '../inactivity.js';
import { type ClientAddresses, LoginClient, type SessionEnvironment } from '../login-client.js';
import { relayEndText } from '../relay-end.js';
import type { LogLevel, RelayEnd, SessionAction, SessionEvent } from '../session-event.js';
import { loginCapabilities } from './capability.js';
import { CommandReader } from './command-reader.js';
import { IdCommand, idReply } from './id-command.js';
import { ImapLogin } from './imap-login.js';

/** A client that has not logged in by then is sent away. Dovecot client-common.h CLIENT_LOGIN_TIMEOUT_MSECS */
const LOGIN_TIMEOUT_MS = 180_000;
/** Dovecot imap-login-client.c CLIENT_MAX_BAD_COMMANDS */
const MAX_BAD_COMMANDS = 3;
const MISSING_TAG =
  "BAD First parameter in line is IMAP's command tag, not the command name. " +
  'Add that before the command, like: a login user pass';

type State = 'tls' | 'command' | 'login' | 'relaying' | 'closed';

export interface ImapSessionOptions {
  readonly addresses: ClientAddresses;
  readonly listenerName: ByteString;
  readonly implicitTls: boolean;
  readonly environment: SessionEnvironment;
}

/**
 * One IMAP connection, from its greeting to the end of the relay, without input or output of its own: events in,
 * actions out. A client's bytes are used only while it is its turn: once a login has begun they wait, and go to the
 * backend when it succeeds. Dovecot imap-login/imap-login-client.c; RFC 9051 6.1, 6.2
 */
export class ImapSession {
  readonly client: LoginClient;
  readonly #reader: CommandReader;
  readonly #login: ImapLogin;
  #actions: SessionAction[] = [];
  #state: State;
  #id: IdCommand | null = null;
  #idSeen = false;
  #usedCapability = false;
  #badCommands = 0;
  #processing = false;
  /** Bytes for the client on the current stream: TLS starts anew. */
  #bytesOut = 0;

  constructor(options: ImapSessionOptions) {
    const { addresses, listenerName, implicitTls, environment } = options;
    this.client = new LoginClient('imap', addresses, listenerName, implicitTls, environment);
    this.#state = implicitTls ? 'tls' : 'command';
    this.#reader = new CommandReader(
      () => this.client.settings.login.imapLiteralMinus,
      () => this.#send('+ OK\r\n'),
    );
    this.#login = new ImapLogin(this.client, {
      act: (action) => this.#act(action),
      send: (text) => this.#send(text),
      reply: (text) => this.#reply(text),
      usedCapability: () => this.#usedCapability,
      close: (reason) => this.#close(reason),
      finished: () => this.#backToCommands(),
      relay: (fromBackend) => this.#relay(fromBackend),
    });
  }

  /** The backend of the current login is asked for STARTTLS: its connection must be able to change hands. */
  get mayStartBackendTls(): boolean {
    return this.#login.backend?.destination.tls === 'starttls';
  }

  /** What is to be done about an event, in order. */
  receive(event: SessionEvent): readonly SessionAction[] {
    if (this.#state !== 'closed') this.#handle(event);
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #handle(event: SessionEvent): void {
    switch (event.kind) {
      case 'client_connected':
        this.#act({ kind: 'set_timer', name: 'idle', milliseconds: LOGIN_TIMEOUT_MS });
        if (this.#state === 'command') this.#greet();
        break;
      case 'client_tls_ready':
        this.#tlsReady(event.localName);
        break;
      case 'client_data':
        this.#reader.append(event.data);
        this.#process();
        break;
      case 'client_closed':
        this.#clientClosed(event.error);
        break;
      case 'auth_answered':
        this.#login.answered(event.answer);
        break;
      case 'backend_connected':
        this.#login.backend?.connected();
        break;
      case 'backend_refused':
        this.#login.backend?.refused(event.error, event.local);
        break;
      case 'backend_data':
        this.#login.backend?.received(event.data);
        break;
      case 'backend_closed':
        this.#login.backend?.closed(event.error);
        break;
      case 'backend_tls_failed':
        this.#login.backend?.tlsFailed(event.error);
        break;
      case 'timer':
        this.#timer(event);
        break;
      case 'relay_ended':
        this.#relayEnded(event.end);
        break;
      case 'shutdown':
        this.#shutdown();
        break;
    }
  }

  #act(action: SessionAction): void {
    this.#actions.push(action);
  }

  #send(data: ByteString): void {
    this.#bytesOut += data.length;
    this.#act({ kind: 'to_client', data });
  }

  #reply(text: ByteString): void {
    this.#send(`${this.#reader.tag} ${text}\r\n`);
  }

  #capabilities(): ByteString {
    const { login } = this.client.settings;
    return loginCapabilities(login, {
      canStartTls: login.tlsServer.mode !== 'no' && this.client.tls === 'none',
      loginDisabled: this.#login.loginDisabled(),
      mechanisms: this.#login.offeredMechanisms(),
    });
  }

  #greet(): void {
    const { greeting } = this.client.settings.login;
    this.client.bannerSent = true;
    this.#send(`* OK [CAPABILITY ${this.#capabilities()}] ${greeting}\r\n`);
  }

  #tlsReady(localName: ByteString): void {
    if (this.#state !== 'tls') return;
    this.client.tls = 'active';
    if (localName !== '') this.client.named(localName);
    this.#state = 'command';
    if (!this.client.bannerSent) this.#greet();
    this.#process();
  }

  /** Uses what has arrived as far as it is the client's turn. A login that fails at once comes back here: no nesting. */
  #process(): void {
    if (this.#processing) return;
    this.#processing = true;
    this.#processInput();
    this.#processing = false;
  }

  #processInput(): void {
    while (this.#state === 'command' || (this.#state === 'login' && this.#login.waitsForClient)) {
      const progressed = this.#state === 'command' ? this.#command() : this.#login.clientLine(this.#reader);
      if (progressed) continue;
      const filled = this.#reader.refill();
      if (filled === 'nothing') return;
      if (filled === 'full') {
        this.client.shuttingDown = 'process_full';
        this.#notify('Input buffer full, aborting');
        this.#close('Input buffer full');
        return;
      }
    }
  }

  /** Handles one command; false where more bytes are needed. */
  #command(): boolean {
    if (this.#id !== null) return this.#continueId(this.#id);
    const step = this.#reader.next();
    switch (step.kind) {
      case 'more':
        return false;
      case 'invalid':
        this.#invalid();
        return true;
      case 'syntax':
        this.#syntaxError(step.message, step.fatal);
        return true;
      case 'too_large':
        this.#close('Authentication response too large');
        return true;
      case 'id':
        this.#id = new IdCommand(this.client, step.parser, !this.#idSeen);
        return true;
      case 'authenticate':
        this.#beginLogin(() => this.#login.authenticate(step.mechanism, step.initial));
        return true;
      case 'command':
        this.#execute(step.name.toUpperCase(), step.arguments);
        return true;
    }
  }

  #execute(name: ByteString, parameters: Parameters<ImapLogin['login']>[0]): void {
    switch (name) {
      case 'LOGIN':
        this.#beginLogin(() => {
          if (!this.#login.login(parameters)) this.#invalid();
        });
        break;
      case 'CAPABILITY':
        // A client that asks knows nothing of the list in the greeting; after STARTTLS it has to ask.
        if (!this.client.startedTls) this.#usedCapability = true;
        this.#send(`* CAPABILITY ${this.#capabilities()}\r\n`);
        this.#reply('OK Pre-login capabilities listed, post-login capabilities have more.');
        break;
      case 'STARTTLS':
        this.#startTls();
        break;
      case 'NOOP':
        this.#reply('OK NOOP completed.');
        break;
      case 'LOGOUT':
        this.#send('* BYE Logging out\r\n');
        this.#reply('OK Logout completed.');
        this.#close(this.client.series === '2.3' ? 'Aborted login by logging out' : 'Logged out');
        break;
      case 'ENABLE':
        this.#send('* ENABLED\r\n');
        this.#reply('OK ENABLE ignored in non-authenticated state.');
        break;
      default:
        if (this.#reader.tag.toUpperCase() === 'LOGIN') this.#reply(MISSING_TAG);
        else this.#invalid();
    }
  }

  #invalid(): void {
    this.#badCommands += 1;
    if (this.#badCommands < MAX_BAD_COMMANDS) {
      this.#reply('BAD Error in IMAP command received by server.');
      return;
    }
    this.#send('* BYE Too many invalid IMAP commands.\r\n');
    this.#close('Too many invalid commands');
  }

  #syntaxError(message: ByteString, fatal: boolean): void {
    if (!fatal) {
      this.#reply(`BAD ${message}`);
      return;
    }
    this.#send(`* BYE ${message}\r\n`);
    this.#close(message);
  }

  #continueId(id: IdCommand): boolean {
    const step = id.step();
    if (step.kind === 'more') return false;
    this.#id = null;
    this.#reader.finish(true);
    switch (step.kind) {
      case 'invalid':
        this.#reply('BAD Invalid ID parameters');
        break;
      case 'syntax':
        this.#syntaxError(step.message, step.fatal);
        break;
      case 'done': {
        if (id.logText !== '') this.#log('info', `ID sent: ${id.logText}`);
        this.#idSeen = true;
        this.#send(`* ID ${idReply(this.client.settings.login)}\r\n`);
        const trusted = this.client.series === '2.4' && this.client.trusted ? 'Trusted ' : '';
        this.#reply(`OK ${trusted}ID completed.`);
        break;
      }
    }
    return true;
  }

  #startTls(): void {
    const { client } = this;
    if (client.tls !== 'none') {
      this.#reply('BAD TLS is already active.');
      return;
    }
    if (client.tlsMode === 'no') {
      this.#reply("BAD TLS support isn't enabled.");
      return;
    }
    this.#reply('OK Begin TLS negotiation now.');
    client.tls = 'handshaking';
    client.startedTls = true;
    this.#state = 'tls';
    // What followed the command in clear is fed to TLS, where it fails: nothing of it is ever a command.
    const early = this.#reader.takeRest();
    this.#reader.reset();
    this.#bytesOut = 0;
    this.#act({ kind: 'start_client_tls', early });
  }

  #beginLogin(begin: () => void): void {
    this.#state = 'login';
    begin();
    if (this.#state === 'login' && !this.#login.active) this.#state = 'command';
  }

  #backToCommands(): void {
    if (this.#state !== 'login') return;
    this.#state = 'command';
    this.#act({ kind: 'resume_client' });
    this.#process();
  }

  #relay(fromBackend: ByteString): void {
    this.#state = 'relaying';
    this.#act({ kind: 'clear_timer', name: 'idle' });
    const toBackend = this.#reader.takeRest();
    this.#login.backend?.count(toBackend.length);
    this.#bytesOut += fromBackend.length;
    this.#act({ kind: 'relay', toBackend, toClient: fromBackend });
  }

  #relayEnded(end: RelayEnd): void {
    const backend = this.#login.backend;
    if (this.#state !== 'relaying' || backend === null) return;
    this.#state = 'closed';
    if (end.side === 'client' && this.client.tls === 'active') this.client.tlsError = 'Connection closed';
    this.#log('info', backend.logPrefix + relayEndText(end, backend.bytesSent, this.#bytesOut));
    this.#act({ kind: 'close_backend' });
    this.#act({ kind: 'close_client' });
  }

  #clientClosed(error: string): void {
    if (this.#state === 'relaying') return;
    if (this.client.tls !== 'none' && error !== '') this.client.tlsError = error;
    this.#close(error === '' ? 'Connection closed' : `Connection closed: ${error}`);
  }

  #timer(event: Extract<SessionEvent, { kind: 'timer' }>): void {
    switch (event.name) {
      case 'idle':
        this.#idle();
        break;
      case 'login':
        this.#login.backend?.timedOut(event.local ?? null);
        break;
      case 'reconnect':
        this.#login.backend?.retry();
        break;
    }
  }

  #idle(): void {
    const backend = this.#login.backend;
    const proxying = this.#state === 'login' && backend !== null;
    const phase = proxying ? 'backend' : this.#state === 'login' ? 'authentication' : 'command';
    const { notice, reason } = inactivity(this.client, phase, this.#login.backendState);
    if (proxying) this.#log('error', backend.logPrefix + reason);
    this.#notify(notice);
    this.#close(reason);
  }

  #shutdown(): void {
    if (this.#state === 'relaying') return;
    this.client.shuttingDown = 'shutting_down';
    const text = this.client.series === '2.3' ? 'Shutting down' : 'Server shutting down';
    this.#notify(text);
    this.#close(text);
  }

  #notify(text: ByteString): void {
    if (this.client.tls !== 'handshaking') this.#send(`* BYE ${text}\r\n`);
  }

  #log(level: LogLevel, message: ByteString): void {
    this.#act({ kind: 'log', level, text: this.client.logLine(message) });
  }

  #close(reason: ByteString): void {
    this.#state = 'closed';
    this.#log('info', disconnectMessage(this.client, reason));
    this.#login.abandon();
    this.#act({ kind: 'clear_timer', name: 'idle' });
    this.#act({ kind: 'close_client' });
  }
}
