import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { AuthRequest } from '../auth/request.js';
import type { LmtpEnvironment } from '../proxy/lmtp/lmtp-client.js';
import type { LmtpAction, LmtpEvent, LocalUser } from '../proxy/lmtp/lmtp-event.js';
import { LmtpSession } from '../proxy/lmtp/lmtp-session.js';
import type { ClientAddresses } from '../proxy/login-client.js';
import { BackendSocket } from './backend-socket.js';
import { BackendWriter } from './backend-writer.js';
import { type Accepted, ClientSocket } from './client-socket.js';
import type { ServeLog } from './log.js';
import { MessageStore } from './message-store.js';
import { BackendTry } from './operation/backend-try.js';
import type { Counters } from './operation/counters.js';
import type { SessionRecord } from './operation/session-record.js';
import type { SharedState } from './operation/shared-state.js';
import type { AcceptedBy } from './session-driver.js';
import { addressesOf, errorText, newRecord, type Session, temporaryFailure } from './session-parts.js';
import { SessionTimers } from './session-timers.js';
import type { SessionTls } from './session-tls.js';

/** What an LMTP session needs of the server. */
export interface LmtpServices {
  readonly log: ServeLog;
  readonly counters: Counters;
  readonly shared: SharedState;
  environment(addresses: ClientAddresses): LmtpEnvironment;
  tls(addresses: ClientAddresses): SessionTls;
  lookUp(
    request: AuthRequest,
    signal: AbortSignal,
  ): Promise<{ readonly answer: AuthAnswer; readonly local: LocalUser }>;
}

interface Backend {
  readonly socket: BackendSocket;
  readonly writer: BackendWriter;
  readonly current: BackendTry;
}

/** Gives one LMTP session's machine its sockets, timers, answers and room for its message. */
export class LmtpDriver implements Session {
  readonly record: SessionRecord;
  readonly #services: LmtpServices;
  readonly #machine: LmtpSession;
  readonly #process: string;
  readonly #client: ClientSocket;
  readonly #tls: SessionTls;
  readonly #store: MessageStore;
  readonly #timers = new SessionTimers<string>((name) => this.#timerFired(name));
  readonly #backends = new Map<number, Backend>();
  /** Whether a connection may be made is being asked. */
  readonly #asked = new Map<number, BackendTry>();
  #abort: AbortController | null = null;
  #lastUse = Date.now();
  #over = false;
  readonly #waiting: LmtpEvent[] = [];
  #delivering = false;

  constructor(
    socket: Accepted,
    { implicitTls, haproxy }: Pick<AcceptedBy, 'implicitTls' | 'haproxy'>,
    services: LmtpServices,
    whenClosed: () => void,
  ) {
    this.#services = services;
    const addresses = addressesOf(socket, haproxy);
    this.record = newRecord('lmtp', addresses);
    const environment = services.environment(addresses);
    this.#process = `lmtp(${environment.pid})`;
    this.#tls = services.tls(addresses);
    this.#machine = new LmtpSession({ addresses, implicitTls, environment });
    this.#store = new MessageStore(environment.settingsFor('').temporaryFolder);
    this.#client = new ClientSocket(
      socket,
      {
        data: (chunk) => this.#deliver({ kind: 'client_data', data: chunk.toString('latin1') }),
        drained: () => undefined,
        tlsReady: (localName, { security }) =>
          this.#deliver({ kind: 'client_tls_ready', localName, security }),
        closed: (error) => this.#deliver({ kind: 'client_closed', error }),
      },
      () => {
        this.#release();
        whenClosed();
      },
    );
    this.#deliver({ kind: 'client_connected' });
    if (implicitTls && !this.#over) this.#startClientTls('');
  }

  /** Milliseconds without traffic. */
  get idleMs(): number {
    return Date.now() - this.#lastUse;
  }

  /** Only login processes send clients away. Dovecot service-monitor.c service_drop_connections */
  giveWay(): boolean {
    return false;
  }

  /** A kick ends logins; a delivery has none. */
  kick(): void {}

  shutDown(): void {
    this.#deliver({ kind: 'shutdown' });
  }

  destroy(): void {
    this.#client.destroy();
  }

  #timerFired(name: string): void {
    const [what, id] = name.split(':');
    if (what === 'connect') this.#backends.get(Number(id))?.current.failed('Timed out');
    this.#deliver({ kind: 'timer', name });
  }

  /** What happens while an event is handled comes after it. */
  #deliver(event: LmtpEvent): void {
    if (this.#over) return;
    this.#lastUse = Date.now();
    this.#waiting.push(event);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined && !this.#over; next = this.#waiting.shift())
        for (const action of this.#machine.receive(next)) this.#perform(action);
    } catch (error) {
      // A mistake in one session must not touch the others.
      this.#services.log.line(this.#process, 'error', `BUG: session ended: ${errorText(error)}`);
      this.#release();
      this.#client.destroy();
    } finally {
      this.#delivering = false;
    }
  }

  #perform(action: LmtpAction): void {
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
      case 'look_up':
        void this.#lookUp(action.request);
        break;
      case 'connect':
        this.#connectOrNot(action);
        break;
      case 'to_backend':
        this.#backends.get(action.backend)?.writer.write(Buffer.from(action.data, 'latin1'));
        break;
      case 'send_message':
        this.#backends.get(action.backend)?.writer.send(action.range, action.dotted);
        break;
      case 'start_backend_tls':
        this.#backends.get(action.backend)?.socket.startTls(action.tls);
        break;
      case 'close_backend':
        this.#leaveBackend(action.backend);
        break;
      case 'store':
        this.#keep(action.data);
        break;
      case 'discard_message':
        this.#store.discard();
        break;
      case 'set_timer':
        this.#timers.set(action.name, action.milliseconds);
        break;
      case 'clear_timer':
        this.#timers.clear(action.name);
        break;
      case 'log':
        this.#services.log.line(this.#process, action.level, action.text);
        break;
      case 'close_client':
        this.#over = true;
        this.#release();
        this.#client.finish();
        break;
    }
  }

  #keep(data: ByteString): void {
    try {
      this.#store.append(Buffer.from(data, 'latin1'));
    } catch (error) {
      this.#deliver({ kind: 'store_failed', error: error instanceof Error ? error.message : String(error) });
    }
  }

  #startClientTls(early: ByteString): void {
    const context = this.#tls.contextFor('');
    if (context === null) {
      const text = 'Failed to initialize SSL server context: no certificate';
      this.#services.log.line(this.#process, 'error', text);
      this.#deliver({ kind: 'client_closed', error: 'TLS initialization failed.' });
      return;
    }
    this.#client.startTls(
      Buffer.from(early, 'latin1'),
      context,
      (localName) => this.#tls.contextFor(localName) ?? context,
    );
  }

  async #lookUp(request: AuthRequest): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    let found: { readonly answer: AuthAnswer; readonly local: LocalUser };
    try {
      found = await this.#services.lookUp(request, abort.signal);
    } catch (error) {
      // Aborted: the session is over, nobody waits for the answer.
      if (abort.signal.aborted) return;
      this.#services.log.line('auth', 'error', `BUG: look-up failed: ${errorText(error)}`);
      found = { answer: temporaryFailure(request), local: 'unavailable' };
    }
    this.#abort = null;
    this.#services.counters.answered('lmtp', found.answer);
    this.#deliver({ kind: 'looked_up', ...found });
  }

  /** A backend that is down or drained is asked for first, others are connected to at once. */
  #connectOrNot(action: Extract<LmtpAction, { kind: 'connect' }>): void {
    const { counters, shared } = this.#services;
    const id = action.backend;
    const current = new BackendTry(action.ip, action.port, counters, shared);
    if (!shared.isWatched(current.name)) {
      this.#connect(action, current);
      return;
    }
    this.#asked.set(id, current);
    void shared.admit(current.name).then((refusal) => {
      if (this.#asked.get(id) !== current) {
        current.abandoned();
        return;
      }
      this.#asked.delete(id);
      if (refusal === null) this.#connect(action, current);
      else this.#deliver({ kind: 'backend_refused', backend: id, error: refusal });
    });
  }

  #leaveBackend(id: number): void {
    this.#asked.delete(id);
    const backend = this.#backends.get(id);
    if (backend === undefined) return;
    backend.current.abandoned();
    backend.writer.finish();
    this.#backends.delete(id);
  }

  #connect(action: Extract<LmtpAction, { kind: 'connect' }>, current: BackendTry): void {
    const id = action.backend;
    const { ip, port, sourceIp, tls } = action;
    this.record.backend = { ip, port };
    const socket: BackendSocket = new BackendSocket(
      { ip, port, sourceIp, tls },
      () => this.#tls.backendContext(),
      {
        connected: () => {
          current.connected();
          this.#ofBackend(socket, { kind: 'backend_connected', backend: id });
        },
        refused: (error) => {
          current.refused(error);
          this.#ofBackend(socket, { kind: 'backend_refused', backend: id, error });
        },
        data: (chunk) => {
          current.answered();
          this.#ofBackend(socket, { kind: 'backend_data', backend: id, data: chunk.toString('latin1') });
          return true;
        },
        drained: () => this.#backends.get(id)?.writer.drained(),
        closed: (error) => {
          current.failed(error || 'Connection closed');
          this.#ofBackend(socket, { kind: 'backend_closed', backend: id, error: fromUtf8(error) });
        },
        tlsFailed: (error) => {
          current.failed(error);
          this.#ofBackend(socket, { kind: 'backend_tls_failed', backend: id, error: fromUtf8(error) });
        },
      },
    );
    this.#backends.set(id, { socket, writer: new BackendWriter(socket, this.#store), current });
  }

  /** A connection that was given up has nothing to say any more: its number may be used again. */
  #ofBackend(socket: BackendSocket, event: Extract<LmtpEvent, { backend: number }>): void {
    if (this.#backends.get(event.backend)?.socket === socket) this.#deliver(event);
  }

  /** Everything that could outlive the session. */
  #release(): void {
    this.#over = true;
    this.#abort?.abort();
    this.#abort = null;
    this.#timers.clearAll();
    this.#asked.clear();
    for (const id of this.#backends.keys()) this.#leaveBackend(id);
    this.#store.discard();
  }
}
