import type { Socket } from 'node:net';
import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthRequest } from '../auth/request.js';
import { createLoginSession } from '../proxy/create-session.js';
import type { HaproxyInfo } from '../proxy/haproxy-header.js';
import { parseIp } from '../proxy/ip-address.js';
import type { ClientAddresses, SessionEnvironment } from '../proxy/login-client.js';
import { LOGIN_PROCESSES, type LoginProtocol } from '../proxy/login-protocols.js';
import type { LoginSession } from '../proxy/login-session.js';
import type { SessionAction, SessionEvent, TimerName } from '../proxy/session-event.js';
import { BackendSocket } from './backend-socket.js';
import { ClientSocket } from './client-socket.js';
import type { ServeLog } from './log.js';
import { Relay } from './relay.js';
import { addressesOf, errorText, temporaryFailure } from './session-parts.js';
import { SessionTimers } from './session-timers.js';
import type { SessionTls } from './session-tls.js';

/** What a session needs of the server; a reload makes new ones, old sessions keep theirs. */
export interface SessionServices {
  readonly log: ServeLog;
  readonly environment: (protocol: LoginProtocol, addresses: ClientAddresses) => SessionEnvironment;
  readonly tls: (protocol: LoginProtocol, addresses: ClientAddresses) => SessionTls;
  authenticate(request: AuthRequest, signal: AbortSignal): Promise<AuthAnswer>;
}

export interface AcceptedBy {
  readonly protocol: LoginProtocol;
  readonly name: ByteString;
  readonly implicitTls: boolean;
  readonly haproxy?: HaproxyInfo;
}

/** Gives one session's machine its sockets, timers and answers. */
export class SessionDriver {
  readonly #services: SessionServices;
  readonly #machine: LoginSession;
  readonly #process: string;
  readonly #client: ClientSocket;
  readonly #tls: SessionTls;
  readonly #timers = new SessionTimers<TimerName>((name) =>
    this.#deliver({ kind: 'timer', name, local: this.#backend?.local ?? null }),
  );
  /** Set while the auth process is asked. */
  #abort: AbortController | null = null;
  #backend: BackendSocket | null = null;
  #relay: Relay | null = null;
  #over = false;

  constructor(socket: Socket, acceptedBy: AcceptedBy, services: SessionServices, whenClosed: () => void) {
    this.#services = services;
    const addresses = addressesOf(socket, acceptedBy.haproxy);
    const { protocol } = acceptedBy;
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
        drained: () => this.#relay?.clientDrained(),
        tlsReady: (localName) => this.#deliver({ kind: 'client_tls_ready', localName }),
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
    if (this.#relay === null) this.#deliver({ kind: 'shutdown' });
    else this.#relay.end('proxy', 'Process shutting down');
  }

  destroy(): void {
    this.#client.destroy();
  }

  #fromClient(chunk: Buffer): void {
    if (this.#relay === null) this.#deliver({ kind: 'client_data', data: chunk.toString('latin1') });
    else this.#relay.fromClient(chunk);
  }

  #clientClosed(error: string): void {
    if (this.#relay === null) this.#deliver({ kind: 'client_closed', error });
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
        this.#client.write(Buffer.from(action.data, 'latin1'));
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
        void this.#authenticate(action.request);
        break;
      case 'connect':
        this.#connect(action);
        break;
      case 'start_backend_tls':
        this.#backend?.startTls(action.tls);
        break;
      case 'to_backend':
        this.#backend?.write(Buffer.from(action.data, 'latin1'));
        break;
      case 'close_backend':
        this.#backend?.finish();
        this.#backend = null;
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
      case 'log':
        this.#services.log.line(this.#process, action.level, action.text);
        break;
      case 'log_auth':
        this.#services.log.whole(action.level, action.prefix + action.text);
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
    );
  }

  async #authenticate(request: AuthRequest): Promise<void> {
    let answer: AuthAnswer;
    const abort = new AbortController();
    this.#abort = abort;
    try {
      answer = await this.#services.authenticate(request, abort.signal);
    } catch (error) {
      // Aborted: the session is over, nobody waits for the answer.
      if (abort.signal.aborted) return;
      this.#services.log.line('auth', 'error', `BUG: authentication failed: ${errorText(error)}`);
      answer = temporaryFailure(request);
    } finally {
      this.#abort = null;
    }
    this.#deliver({ kind: 'auth_answered', answer });
  }

  #connect(action: Extract<SessionAction, { kind: 'connect' }>): void {
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
        mayStartTls: this.#machine.mayStartBackendTls,
      },
      () => this.#tls.backendContext(),
      {
        connected: () => this.#deliver({ kind: 'backend_connected' }),
        refused: (error, local) => {
          if (socket === this.#backend) this.#deliver({ kind: 'backend_refused', error, local });
        },
        data: (chunk) => this.#fromBackend(chunk),
        drained: () => this.#relay?.backendDrained(),
        closed: (error) => {
          if (socket === this.#backend) this.#backendClosed(error);
        },
        tlsFailed: (error) => {
          if (socket === this.#backend) this.#deliver({ kind: 'backend_tls_failed', error });
        },
      },
    );
    this.#backend = socket;
  }

  #fromBackend(chunk: Buffer): boolean {
    if (this.#relay !== null) return this.#relay.fromBackend(chunk);
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
    this.#relay = new Relay(this.#client, backend, (end) => this.#deliver({ kind: 'relay_ended', end }));
    if (toClient !== '') this.#client.write(Buffer.from(toClient, 'latin1'));
    if (toBackend !== '') backend.write(Buffer.from(toBackend, 'latin1'));
    this.#client.resume();
  }

  /** Everything that could outlive the session. */
  #release(): void {
    this.#over = true;
    this.#abort?.abort();
    this.#abort = null;
    this.#timers.clearAll();
    this.#backend?.finish();
    this.#backend = null;
  }
}
