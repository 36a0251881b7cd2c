import type { ByteString } from '../../grammar/bytes.js';
import type { Destination } from './destination.js';
import { disconnectMessage } from './disconnect-reason.js';
import { inactivity } from './inactivity.js';
import { type AttachableDialogue, LoginAttempt, type Referral } from './login-attempt.js';
import { type ClientAddresses, LoginClient, type SessionEnvironment } from './login-client.js';
import type { ProxyFailureClass } from './login-decision.js';
import type { LoginResult } from './login-result.js';
import { relayEndText } from './relay-end.js';
import type { LogLevel, RelayEnd, SessionAction, SessionEvent } from './session-event.js';
import type { SessionInput } from './session-input.js';

/** A client that has not logged in by then is sent away. Dovecot client-common.h CLIENT_LOGIN_TIMEOUT_MSECS */
const LOGIN_TIMEOUT_MS = 180_000;

type State = 'tls' | 'command' | 'login' | 'relaying' | 'leaving' | 'closed';

/** Why a client is sent away. Dovecot client-common.h client_disconnect_reason */
export type DisconnectCause = 'timeout' | 'shutdown' | 'resource';

export interface LoginSessionOptions {
  readonly addresses: ClientAddresses;
  readonly listenerName: ByteString;
  readonly implicitTls: boolean;
  readonly environment: SessionEnvironment;
}

/**
 * One connection of a login protocol, from its greeting to the end of the relay, without input or output of its own:
 * events in, actions out. A client's bytes are used only while it is its turn: once a login has begun they wait, and
 * go to the backend when it succeeds. Dovecot login-common/client-common.c
 */
export abstract class LoginSession {
  readonly client: LoginClient;
  protected readonly login: LoginAttempt;
  #actions: SessionAction[] = [];
  #state: State;
  #processing = false;
  /** Bytes for the client on the current stream: TLS starts anew. */
  #bytesOut = 0;

  constructor(protocol: LoginClient['protocol'], options: LoginSessionOptions) {
    const { addresses, listenerName, implicitTls, environment } = options;
    this.client = new LoginClient(protocol, addresses, listenerName, implicitTls, environment);
    this.#state = implicitTls ? 'tls' : 'command';
    this.login = new LoginAttempt(this.client, {
      act: (action) => this.act(action),
      refuse: (result, text) => this.refuse(result, text),
      proxyFailed: (failure) => this.proxyFailed(failure),
      refer: (referral) => this.refer(referral),
      challenge: (data) => this.challenge(data),
      alertExposed: () => this.alertExposed(),
      createDialogue: (destination) => this.createDialogue(destination),
      finished: () => this.backToCommands(),
      relay: (fromBackend) => this.#relay(fromBackend),
    });
  }

  protected abstract readonly input: SessionInput;
  protected abstract greet(): void;
  /** Handles one command; false where more bytes are needed. */
  protected abstract command(): boolean;
  protected abstract refuse(result: LoginResult, text: ByteString): void;
  protected abstract proxyFailed(failure: ProxyFailureClass): void;
  protected abstract refer(referral: Referral): void;
  protected abstract challenge(data: ByteString): void;
  protected abstract createDialogue(destination: Destination): AttachableDialogue;
  /** Tells the client why it is sent away. */
  protected abstract notify(text: ByteString, cause: DisconnectCause): void;
  /** The handshake after STARTTLS begins: nothing of the old stream counts. */
  protected abstract resetInput(): void;

  /** Only IMAP warns. Dovecot imap-login-client.c imap_client_notify_starttls */
  protected alertExposed(): void {}

  /** What the log says of a client that was told `notice`. */
  protected noticeReason(_notice: ByteString, reason: ByteString): ByteString {
    return reason;
  }

  /** What the log says of a login that its client left. */
  protected unfinished(): ByteString {
    return '';
  }

  /** After a handshake that followed the greeting. */
  protected tlsStarted(): void {}

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
        this.act({ kind: 'set_timer', name: 'idle', milliseconds: LOGIN_TIMEOUT_MS });
        if (this.#state === 'command') this.#sendGreeting();
        break;
      case 'client_tls_ready':
        if (event.certificate !== undefined) this.client.certificate = event.certificate;
        this.#tlsReady(event.localName, event.security ?? '');
        break;
      case 'client_data':
        if (this.#state === 'leaving') break;
        this.input.append(event.data);
        this.#process();
        break;
      case 'client_closed':
        this.#clientClosed(event.error);
        break;
      case 'sasl_challenge':
        this.login.challenged(event.data, event.user);
        this.#process();
        break;
      case 'auth_answered':
        this.login.answered(event.answer);
        break;
      case 'backend_connected':
        this.login.backend?.connected();
        break;
      case 'backend_refused':
        this.login.backend?.refused(event.error, event.local);
        break;
      case 'backend_unavailable':
        this.login.backend?.unavailable(event.reason);
        break;
      case 'backend_data':
        this.login.backend?.received(event.data);
        break;
      case 'backend_closed':
        this.login.backend?.closed(event.error);
        break;
      case 'backend_tls_failed':
        this.login.backend?.tlsFailed(event.error);
        break;
      case 'timer':
        this.#timer(event);
        break;
      case 'relay_ended':
        this.#relayEnded(event.end);
        break;
      case 'queue_full':
        this.#giveWay();
        break;
      case 'shutdown':
        this.#shutdown();
        break;
    }
  }

  protected act(action: SessionAction): void {
    this.#actions.push(action);
  }

  protected send(data: ByteString): void {
    this.#bytesOut += data.length;
    this.act({ kind: 'to_client', data });
  }

  protected log(level: LogLevel, message: ByteString): void {
    this.act({ kind: 'log', level, text: this.client.logLine(message) });
  }

  /** STARTTLS may be offered. */
  protected get canStartTls(): boolean {
    return this.client.tlsMode !== 'no' && !this.client.hasTls;
  }

  #sendGreeting(): void {
    this.client.bannerSent = true;
    this.greet();
  }

  #tlsReady(localName: ByteString, security: ByteString): void {
    if (this.#state !== 'tls') return;
    this.client.secure(security);
    if (localName !== '') this.client.named(localName);
    this.#state = 'command';
    if (this.client.bannerSent) this.tlsStarted();
    else this.#sendGreeting();
    this.#process();
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Uses what has arrived as far as it is the client's turn. A login that fails at once comes back here: no nesting. */
  #process(): void {
    if (this.#processing) return;
    this.#processing = true;
    this.#processInput();
    this.#processing = false;
  }

  #processInput(): void {
    while (this.#state === 'command' || (this.#state === 'login' && this.login.waitsForClient)) {
      const progressed = this.#state === 'command' ? this.command() : this.saslLine();
      if (progressed || this.#isClosed) continue;
      const filled = this.input.refill();
      if (filled === 'nothing') return;
      if (filled === 'full' && !this.overflow()) return;
    }
  }

  /** More input than a command may have; true where the session goes on. */
  protected overflow(): boolean {
    this.client.shuttingDown = 'process_full';
    this.#notify('Input buffer full, aborting', 'resource');
    this.close('Input buffer full');
    return false;
  }

  /** A SASL response that is longer than any may be. */
  protected saslTooLarge(): void {
    this.close('Authentication response too large');
  }

  /** Takes one SASL response; false where more bytes are needed. */
  protected saslLine(): boolean {
    const line = this.input.saslLine();
    if (line === null) return false;
    if (line === 'too_large') this.saslTooLarge();
    else this.login.saslLine(line.text);
    return true;
  }

  /** The client was told to begin. */
  protected startTls(): void {
    this.client.tls = 'handshaking';
    this.client.startedTls = true;
    this.#state = 'tls';
    // What followed the command in clear is fed to TLS, where it fails: nothing of it is ever a command.
    const early = this.input.takeRest();
    this.resetInput();
    this.#bytesOut = 0;
    this.act({ kind: 'start_client_tls', early });
  }

  protected beginLogin(begin: () => void): void {
    this.#state = 'login';
    begin();
    if (this.#state === 'login' && !this.login.active) this.#state = 'command';
  }

  /** The login is over without success. */
  protected backToCommands(): void {
    if (this.#state !== 'login') return;
    this.#state = 'command';
    this.act({ kind: 'resume_client' });
    this.#process();
  }

  #relay(fromBackend: ByteString): void {
    this.#state = 'relaying';
    this.act({ kind: 'clear_timer', name: 'idle' });
    const toBackend = this.input.takeRest();
    this.login.backend?.count(toBackend.length);
    this.#bytesOut += fromBackend.length;
    this.act({ kind: 'relay', toBackend, toClient: fromBackend });
    this.#setRefresh();
  }

  /** Dovecot login-proxy.c login_proxy_notify */
  #refresh(): void {
    const user = this.login.backend?.destination.user;
    if (this.#state !== 'relaying' || user === undefined) return;
    this.act({ kind: 'notify', user });
    this.#setRefresh();
  }

  #setRefresh(): void {
    const milliseconds = (this.login.backend?.destination.refreshSeconds ?? 0) * 1000;
    if (milliseconds > 0) this.act({ kind: 'set_timer', name: 'refresh', milliseconds });
  }

  #relayEnded(end: RelayEnd): void {
    const backend = this.login.backend;
    if (this.#state !== 'relaying' || backend === null) return;
    this.act({ kind: 'clear_timer', name: 'refresh' });
    const { delayMs = 0 } = end;
    this.#state = delayMs === 0 ? 'closed' : 'leaving';
    if (end.side === 'client' && this.client.tls === 'active') this.client.tlsError = 'Connection closed';
    const later = delayMs === 0 ? '' : ` - disconnecting client in ${delayMs}ms`;
    const counted = { ...end, unsent: end.unsent + this.#closingAlert(end) };
    this.log('info', backend.logPrefix + relayEndText(counted, backend.bytesSent, this.#bytesOut) + later);
    this.act({ kind: 'close_backend' });
    if (delayMs === 0) this.act({ kind: 'close_client' });
    else this.act({ kind: 'set_timer', name: 'disconnect', milliseconds: delayMs });
  }

  /** 2.4 counts the record that ends a client's TLS 1.3 when the backend closed. observed 2.4.1 */
  #closingAlert({ side }: RelayEnd): number {
    const { client } = this;
    return client.series === '2.4' && side === 'server' && client.tlsSecurity.startsWith('TLSv1.3') ? 24 : 0;
  }

  /** The backend was gone before. */
  #leave(): void {
    this.#state = 'closed';
    this.act({ kind: 'clear_timer', name: 'disconnect' });
    this.act({ kind: 'close_client' });
  }

  #clientClosed(error: string): void {
    if (this.#state === 'relaying') return;
    if (this.#state === 'leaving') {
      this.#leave();
      return;
    }
    if (this.client.tls === 'handshaking') this.client.tlsError = error === '' ? 'Connection closed' : error;
    else if (this.client.tls === 'active' && error !== '') this.client.tlsError = error;
    const unfinished = this.#state === 'login' ? this.unfinished() : '';
    this.close((error === '' ? 'Connection closed' : `Connection closed: ${error}`) + unfinished);
  }

  #timer(event: Extract<SessionEvent, { kind: 'timer' }>): void {
    switch (event.name) {
      case 'idle':
        this.#idle();
        break;
      case 'login':
        this.login.backend?.timedOut(event.local ?? null);
        break;
      case 'reconnect':
        this.login.backend?.retry();
        break;
      case 'refresh':
        this.#refresh();
        break;
      case 'disconnect':
        this.#leave();
        break;
    }
  }

  #idle(): void {
    const backend = this.login.backend;
    const proxying = this.#state === 'login' && backend !== null;
    const phase = proxying ? 'backend' : this.#state === 'login' ? 'authentication' : 'command';
    const { notice, reason } = inactivity(this.client, phase, this.login.backendState);
    if (proxying) this.log('error', backend.logPrefix + reason);
    this.#notify(notice, 'timeout');
    this.close(this.noticeReason(notice, reason));
  }

  /** Dovecot client-common.c client_destroy_oldest */
  #giveWay(): void {
    if (this.#state === 'relaying' || this.#state === 'leaving') return;
    this.client.shuttingDown = 'process_full';
    this.#notify('Connection queue full', 'resource');
    this.close('Connection queue full');
  }

  #shutdown(): void {
    if (this.#state === 'relaying') return;
    if (this.#state === 'leaving') {
      this.#leave();
      return;
    }
    this.client.shuttingDown = 'shutting_down';
    const text = this.client.series === '2.3' ? 'Shutting down' : 'Server shutting down';
    this.#notify(text, 'shutdown');
    this.close(text);
  }

  #notify(text: ByteString, cause: DisconnectCause): void {
    if (this.client.tls !== 'handshaking') this.notify(text, cause);
  }

  /** Ends the connection. */
  protected close(reason: ByteString): void {
    this.#state = 'closed';
    this.log('info', disconnectMessage(this.client, reason));
    this.login.abandon();
    this.act({ kind: 'clear_timer', name: 'idle' });
    this.act({ kind: 'close_client' });
  }

  /** The client asked to end it. */
  protected closeLoggedOut(): void {
    this.close(this.client.series === '2.3' ? 'Aborted login by logging out' : 'Logged out');
  }
}
