import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthRequest } from '../auth/request.js';
import type { SaslReply } from '../auth/sasl/exchange.js';
import { createLoginSession } from '../proxy/create-session.js';
import type { HaproxyInfo } from '../proxy/haproxy-header.js';
import { ipPort, parseIp } from '../proxy/ip-address.js';
import type { ClientAddresses, SessionEnvironment } from '../proxy/login-client.js';
import { LOGIN_PROCESSES, type LoginProtocol, type ServedProtocol } from '../proxy/login-protocols.js';
import type { LoginSession } from '../proxy/login-session.js';
import type { RelayEnd, SessionAction, SessionEvent, TimerName } from '../proxy/session-event.js';
import type { AuthDialogue } from './auth-dialogue.js';
import { BackendSocket } from './backend-socket.js';
import { type Accepted, ClientSocket } from './client-socket.js';
import { disconnects } from './disconnects.js';
import type { ServeLog } from './log.js';
import { BackendTry } from './operation/backend-try.js';
import type { Counters } from './operation/counters.js';
import type { SessionRecord } from './operation/session-record.js';
import type { SharedState } from './operation/shared-state.js';
import { Relay } from './relay.js';
import { addressesOf, errorText, newRecord, type Session, temporaryFailure } from './session-parts.js';
import { SessionTimers } from './session-timers.js';
import type { SessionTls } from './session-tls.js';

/** What a session needs of the server; a reload makes new ones, old sessions keep theirs. */
export interface SessionServices {
  readonly log: ServeLog;
  readonly counters: Counters;
  readonly shared: SharedState;
  readonly environment: (protocol: LoginProtocol, addresses: ClientAddresses) => SessionEnvironment;
  readonly tls: (protocol: LoginProtocol, addresses: ClientAddresses) => SessionTls;
  authenticate(request: AuthRequest, signal: AbortSignal): Promise<AuthAnswer>;
  /** Tells who reads login_proxy_notify_path; gives what went wrong. */
  notify(protocol: ServedProtocol, user: ByteString): readonly string[];
  /** A SASL exchange with the auth process; null where the mechanism is not served. */
  dialogue(request: AuthRequest): AuthDialogue | null;
}

export interface AcceptedBy {
  readonly protocol: LoginProtocol;
  readonly name: ByteString;
  readonly implicitTls: boolean;
  readonly haproxy?: HaproxyInfo;
}

/** The reason of a relay that an admin ended. */
const KICKED = 'Kicked by admin';

/** Gives one session's machine its sockets, timers and answers. */
export class SessionDriver implements Session {
  readonly record: SessionRecord;
  readonly #services: SessionServices;
  readonly #machine: LoginSession;
  readonly #process: string;
  readonly #client: ClientSocket;
  readonly #tls: SessionTls;
  readonly #timers = new SessionTimers<TimerName>((name) => {
    if (name === 'login') this.#try?.failed('Timed out');
    this.#deliver({ kind: 'timer', name, local: this.#backend?.local ?? null });
  });
  /** Set while the auth process is asked. */
  #abort: AbortController | null = null;
  #dialogue: { readonly request: AuthRequest; readonly exchange: AuthDialogue } | null = null;
  #backend: BackendSocket | null = null;
  /** The connection that is being made, or was made last. */
  #try: BackendTry | null = null;
  #relay: Relay | null = null;
  /** The backend that went away and left this client waiting. */
  #lingering: string | null = null;
  #over = false;

  constructor(socket: Accepted, acceptedBy: AcceptedBy, services: SessionServices, whenClosed: () => void) {
    this.#services = services;
    const addresses = addressesOf(socket, acceptedBy.haproxy);
    const { protocol } = acceptedBy;
    this.record = newRecord(protocol, addresses);
    this.#process = LOGIN_PROCESSES[protocol];
    this.#tls = services.tls(protocol, addresses);
    this.#machine = createLoginSession(protocol, {
      addresses,
      listenerName: acceptedBy.name,
      implicitTls: acceptedBy.implicitTls,
      environment: services.environment(protocol, addresses),
    });
    this.#client = new ClientSocket(
      socket,
      {
        data: (chunk) => this.#fromClient(chunk),
        holds: () => this.#backend?.keepsBytes === true,
        drained: () => this.#relay?.clientDrained(),
        tlsReady: (localName, { security, certificate }) =>
          this.#deliver({ kind: 'client_tls_ready', localName, security, certificate }),
        closed: (error) => this.#clientClosed(error),
      },
      () => {
        this.#release();
        whenClosed();
      },
    );
    this.#deliver({ kind: 'client_connected' });
    if (acceptedBy.implicitTls && !this.#over) this.#startClientTls('');
  }

  /** Milliseconds without traffic; null before the login is done. */
  get idleMs(): number | null {
    return this.#relay?.idleMs ?? null;
  }

  /** The proxy stops: a session before its login is told, one after it is cut. */
  shutDown(): void {
    if (this.#relay === null || this.#lingering !== null) this.#deliver({ kind: 'shutdown' });
    else this.#relay.end('proxy', 'Process shutting down');
  }

  giveWay(): boolean {
    if (this.#over || this.#relay !== null) return false;
    this.#deliver({ kind: 'queue_full' });
    return true;
  }

  kick(): void {
    this.#relay?.end('proxy', KICKED);
  }

  destroy(): void {
    this.#client.destroy();
  }

  #fromClient(chunk: Buffer): void {
    if (this.#relay === null) this.#deliver({ kind: 'client_data', data: chunk.toString('latin1') });
    else this.#relay.fromClient(chunk);
  }

  #clientClosed(error: string): void {
    if (this.#relay === null || this.#lingering !== null) this.#deliver({ kind: 'client_closed', error });
    else this.#relay.end('client', error);
  }

  #deliver(event: SessionEvent): void {
    if (this.#over) return;
    try {
      for (const action of this.#machine.receive(event)) this.#perform(action);
    } catch (error) {
      // A mistake in one session must not touch the others.
      this.#services.log.line(this.#process, 'error', `BUG: session ended: ${errorText(error)}`);
      this.#release();
      this.#client.destroy();
    }
  }

  #perform(action: SessionAction): void {
    switch (action.kind) {
      case 'to_client':
        this.#client.write(action.data);
        break;
      case 'start_client_tls':
        this.#startClientTls(action.early);
        break;
      case 'pause_client':
        this.#client.pause();
        break;
      case 'resume_client':
        this.#client.resume();
        break;
      case 'authenticate':
        void this.#ask(action.request, async (signal) => {
          const answer = await this.#services.authenticate(action.request, signal);
          return { kind: 'answer', answer, data: '' };
        });
        break;
      case 'sasl_start':
        this.#startDialogue(action.request, action.initial);
        break;
      case 'sasl_continue':
        this.#continueDialogue(action.response);
        break;
      case 'sasl_cancel':
        this.#dialogue = null;
        break;
      case 'connect':
        this.#connectOrNot(action);
        break;
      case 'start_backend_tls':
        this.#backend?.startTls(action.tls);
        break;
      case 'to_backend':
        this.#backend?.write(action.data);
        break;
      case 'close_backend':
        this.#leaveBackend();
        break;
      case 'set_timer':
        this.#timers.set(action.name, action.milliseconds);
        break;
      case 'clear_timer':
        this.#timers.clear(action.name);
        break;
      case 'relay':
        this.#startRelay(action.toBackend, action.toClient);
        break;
      case 'notify':
        for (const problem of this.#services.notify(this.record.protocol, action.user))
          this.#services.log.line(this.#process, 'error', problem);
        break;
      case 'log':
        // For log_debug only.
        if (action.level === 'debug') break;
        this.#services.log.line(this.#process, action.level, action.text);
        break;
      case 'log_auth':
        this.#services.log.whole(action.level, action.line);
        break;
      case 'close_client':
        this.#over = true;
        this.#release();
        this.#client.finish();
        break;
    }
  }

  #startClientTls(early: ByteString): void {
    const context = this.#tls.contextFor('');
    if (context === null) {
      this.#services.log.line(
        this.#process,
        'error',
        'Failed to initialize SSL server context: no certificate',
      );
      this.#deliver({ kind: 'client_closed', error: 'TLS initialization failed.' });
      return;
    }
    this.#client.startTls(
      Buffer.from(early, 'latin1'),
      context,
      (localName) => this.#tls.contextFor(localName) ?? context,
      this.#tls.certificateRequest(),
    );
  }

  #startDialogue(request: AuthRequest, initial: ByteString | null): void {
    const dialogue = this.#services.dialogue(request);
    if (dialogue === null) throw new Error(`no exchange for ${request.mechanism}`);
    this.#dialogue = { request, exchange: dialogue };
    void this.#ask(request, (signal) => dialogue.start(initial, signal));
  }

  #continueDialogue(response: ByteString): void {
    const dialogue = this.#dialogue;
    if (dialogue === null) return;
    void this.#ask(dialogue.request, (signal) => dialogue.exchange.next(response, signal));
  }

  async #ask(request: AuthRequest, question: (signal: AbortSignal) => Promise<SaslReply>): Promise<void> {
    let reply: SaslReply;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      reply = await question(abort.signal);
    } catch (error) {
      // Aborted: the session is over, nobody waits for the answer.
      if (abort.signal.aborted) return;
      this.#services.log.line('auth', 'error', `BUG: authentication failed: ${errorText(error)}`);
      reply = { kind: 'answer', answer: temporaryFailure(request), data: '' };
    } finally {
      this.#abort = null;
    }
    if (reply.kind === 'challenge') {
      this.#deliver({ kind: 'sasl_challenge', data: reply.data, user: reply.user ?? null });
      return;
    }
    this.#dialogue = null;
    this.record.user = reply.answer.user;
    this.#services.counters.answered(this.record.protocol, reply.answer);
    this.#deliver({ kind: 'auth_answered', answer: reply.answer });
  }

  /** A backend that is down or drained is asked for first, others are connected to at once. */
  #connectOrNot(action: Extract<SessionAction, { kind: 'connect' }>): void {
    const { counters, shared } = this.#services;
    const current = new BackendTry(action.ip, action.port, counters, shared);
    this.#try = current;
    if (!shared.isWatched(current.name)) {
      this.#connect(action, current);
      return;
    }
    void shared.admit(current.name).then((refusal) => {
      if (this.#try !== current) current.abandoned();
      else if (refusal === null) this.#connect(action, current);
      else {
        this.#try = null;
        this.#deliver({ kind: 'backend_unavailable', reason: fromUtf8(refusal) });
      }
    });
  }

  #connect(action: Extract<SessionAction, { kind: 'connect' }>, current: BackendTry): void {
    const { ip, port } = action;
    this.record.backend = { ip, port };
    const source = action.sourceIp;
    const family = (ip: string) => parseIp(ip)?.family;
    const fits = source === null || family(source) === family(action.ip);
    if (!fits)
      this.#services.log.line(this.#process, 'warning', 'net_connect_ip(): ip->family != my_ip->family');
    const socket: BackendSocket = new BackendSocket(
      {
        ip: action.ip,
        port: action.port,
        sourceIp: fits ? source : null,
        tls: action.tls,
      },
      () => this.#tls.backendContext(),
      {
        connected: () => {
          current.connected();
          this.#deliver({ kind: 'backend_connected' });
        },
        refused: (error, local) => {
          current.refused(error);
          if (socket === this.#backend) this.#deliver({ kind: 'backend_refused', error, local });
        },
        data: (chunk) => this.#fromBackend(chunk),
        holds: () => this.#client.keepsBytes,
        drained: () => this.#relay?.backendDrained(),
        closed: (error) => {
          current.failed(error || 'Connection closed');
          if (socket === this.#backend) this.#backendClosed(error);
        },
        tlsFailed: (error) => {
          current.failed(error);
          if (socket === this.#backend) this.#deliver({ kind: 'backend_tls_failed', error });
        },
      },
    );
    this.#backend = socket;
  }

  #fromBackend(chunk: Buffer): boolean {
    if (this.#relay !== null) return this.#relay.fromBackend(chunk);
    this.#try?.answered();
    this.#deliver({ kind: 'backend_data', data: chunk.toString('latin1') });
    return true;
  }

  #backendClosed(error: string): void {
    if (this.#relay === null) this.#deliver({ kind: 'backend_closed', error });
    else this.#relay.end('server', error);
  }

  #startRelay(toBackend: ByteString, toClient: ByteString): void {
    const backend = this.#backend;
    if (backend === null) return;
    this.record.isProxied = true;
    const { ip = '', port = 0 } = this.record.backend ?? {};
    const target = ipPort(ip, port);
    disconnects.started(target);
    this.#relay = new Relay(this.#client, backend, (end) => {
      this.#services.counters.relayed(end.bytesIn, end.bytesOut);
      this.#deliver({ kind: 'relay_ended', end: { ...end, delayMs: this.#leftIn(target, end) } });
    });
    if (toClient !== '') this.#client.write(toClient);
    if (toBackend !== '') backend.write(toBackend);
    this.#client.resume();
  }

  /** Milliseconds until the client of a relay that is over is sent away. */
  #leftIn(target: string, { side, error }: RelayEnd): number {
    if (side !== 'server' && error !== KICKED) {
      disconnects.ended(target);
      return 0;
    }
    const delay = disconnects.left(target, this.#machine.client.settings.login.proxyMaxDisconnectDelay);
    if (delay > 0) this.#lingering = target;
    return delay;
  }

  /** Everything that could outlive the session. */
  #release(): void {
    this.#over = true;
    if (this.#lingering !== null) disconnects.gone(this.#lingering);
    this.#lingering = null;
    this.#abort?.abort();
    this.#abort = null;
    this.#timers.clearAll();
    this.#leaveBackend();
  }

  #leaveBackend(): void {
    this.#try?.abandoned();
    this.#try = null;
    this.#backend?.finish();
    this.#backend = null;
  }
}
