import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import type { Destination } from '../proxy/destination.js';
import type { LoginSession } from '../proxy/login-session.js';
import type { SessionAction, SessionEvent } from '../proxy/session-event.js';
import { loginCommand, type SessionQuestion, sessionFor } from './client-reply.js';
import { beforeCredentials, CredentialMask, goodbye } from './login-credentials.js';
import type { Question } from './question.js';
import { GOODBYE_MS, type Trial, type TrialConnection, type TrialDial, TrialLog } from './trial.js';
import { failureOutcome } from './trial-failure.js';

export interface LoginTrialOptions extends SessionQuestion {
  readonly question: Question;
  /** What the auth process has answered. */
  readonly answer: AuthAnswer;
  readonly destination: Destination;
  readonly dial: TrialDial;
  /** Stop before the credentials are sent. */
  readonly withoutLogin: boolean;
  readonly showSecrets: boolean;
}

/**
 * Tries the destination of a login for real: the session that `serve` runs, with a client that has sent its
 * credentials and an auth process that has answered. Nothing is relayed: a login that succeeds says goodbye.
 */
export class LoginTrial {
  readonly #options: LoginTrialOptions;
  readonly #session: LoginSession;
  readonly #log = new TrialLog();
  readonly #mask: CredentialMask;
  readonly #queue: SessionEvent[] = [];
  #connection: TrialConnection | null = null;
  #connected = false;
  /** Counts connections: events of an earlier one concern nobody. */
  #generation = 0;
  #timer: NodeJS.Timeout | null = null;
  #begun = false;
  #working = false;
  #leaving: Omit<Trial, 'events'> | null = null;
  #finish: (trial: Trial) => void = () => undefined;

  constructor(options: LoginTrialOptions) {
    this.#options = options;
    const { destination, protocol } = options;
    this.#mask = new CredentialMask(protocol, destination.user);
    this.#session = sessionFor(options);
  }

  run(): Promise<Trial> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#deliver({ kind: 'client_connected' });
      this.#deliver({ kind: 'client_tls_ready', localName: '' });
      this.#begun = true;
      this.#deliver({ kind: 'client_data', data: this.#loginCommand() });
    });
  }

  /** The client's side of it; what it sends matters to nobody but the machine. */
  #loginCommand(): ByteString {
    const { protocol, question, answer, destination } = this.#options;
    const user = answer.masterUser === '' ? answer.user : answer.masterUser;
    return loginCommand(protocol, user, question.password ?? destination.password ?? '');
  }

  #deliver(event: SessionEvent): void {
    this.#queue.push(event);
    if (this.#working) return;
    this.#working = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      for (const action of this.#session.receive(next)) this.#perform(action);
    this.#working = false;
    this.#judge();
  }

  /** The machine has given up on the backend. */
  #judge(): void {
    const failure = this.#session.client.proxyFailure;
    if (failure === null || this.#leaving !== null) return;
    const log = this.#log.events.findLast((event) => event.kind === 'log');
    const reason = log?.kind === 'log' ? log.line : '';
    this.#end({ outcome: failureOutcome(failure), verdict: reason });
  }

  #perform(action: SessionAction): void {
    switch (action.kind) {
      case 'authenticate':
        this.#deliver({ kind: 'auth_answered', answer: this.#options.answer });
        break;
      case 'connect':
        this.#connect(action);
        break;
      case 'start_backend_tls':
        this.#log.hold();
        this.#connection?.startTls(action.tls);
        break;
      case 'to_backend':
        this.#send(action.data);
        break;
      case 'to_client':
        if (this.#begun && this.#generation > 0) this.#log.told(action.data);
        break;
      case 'close_backend':
        this.#connection?.finish();
        this.#connection = null;
        break;
      case 'set_timer':
        if (action.name === 'login') this.#setTimer(action.milliseconds);
        break;
      case 'clear_timer':
        if (action.name === 'login') this.#clearTimer();
        break;
      case 'relay':
        this.#leave({ outcome: 'logged_in', verdict: 'it took the login' }, true);
        break;
      case 'log':
        if (this.#begun) this.#log.add({ kind: 'log', level: action.level, line: action.text });
        break;
      case 'start_client_tls':
      case 'pause_client':
      case 'resume_client':
      case 'log_auth':
      case 'close_client':
        break;
    }
  }

  #connect(action: Extract<SessionAction, { kind: 'connect' }>): void {
    const { ip, port, sourceIp, tls } = action;
    this.#generation += 1;
    const generation = this.#generation;
    this.#mask.reset();
    this.#connected = false;
    this.#log.add({ kind: 'connecting', ip, port, sourceIp });
    const current = (act: () => void) => {
      if (generation === this.#generation) act();
    };
    if (tls !== null) this.#log.hold();
    this.#connection = this.#options.dial(
      { ip, port, sourceIp, tls },
      {
        connected: () => current(() => this.#whenConnected()),
        refused: (error, local) => current(() => this.#deliver({ kind: 'backend_refused', error, local })),
        data: (data) => current(() => this.#received(data)),
        secured: (facts) => current(() => this.#log.add({ kind: 'tls', facts })),
        closed: (error) => current(() => this.#closed(error)),
        tlsFailed: (error) => current(() => this.#deliver({ kind: 'backend_tls_failed', error })),
      },
    );
  }

  #whenConnected(): void {
    this.#connected = true;
    this.#log.add({ kind: 'connected', local: this.#connection?.local ?? null });
    this.#deliver({ kind: 'backend_connected' });
  }

  #received(data: ByteString): void {
    this.#log.received(data);
    if (this.#leaving === null) this.#deliver({ kind: 'backend_data', data });
  }

  #closed(error: string): void {
    this.#log.flush();
    if (this.#leaving === null) this.#deliver({ kind: 'backend_closed', error });
    else this.#end(this.#leaving);
  }

  #send(data: ByteString): void {
    if (this.#leaving !== null) return;
    const { protocol, withoutLogin, showSecrets } = this.#options;
    const before = withoutLogin ? beforeCredentials(protocol, data) : null;
    if (before === null) {
      this.#log.sent(showSecrets ? data : this.#mask.masked(data));
      this.#connection?.write(data);
      return;
    }
    if (before !== '') {
      this.#log.sent(before);
      this.#connection?.write(before);
    }
    this.#leave({ outcome: 'ready', verdict: 'no login was tried' }, false);
  }

  #leave(verdict: Omit<Trial, 'events'>, loggedIn: boolean): void {
    const words = goodbye(this.#options.protocol, loggedIn);
    this.#leaving = verdict;
    this.#log.sent(words);
    this.#connection?.write(words);
    this.#clearTimer();
    this.#timer = setTimeout(() => this.#end(verdict), GOODBYE_MS);
  }

  #setTimer(milliseconds: number): void {
    this.#clearTimer();
    this.#timer = setTimeout(() => {
      const local = this.#connected ? (this.#connection?.local ?? null) : null;
      this.#deliver({ kind: 'timer', name: 'login', local });
    }, milliseconds);
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(verdict: Omit<Trial, 'events'>): void {
    this.#clearTimer();
    this.#generation += 1;
    this.#connection?.finish();
    this.#connection = null;
    this.#log.flush();
    this.#finish({ ...verdict, events: this.#log.events });
  }
}
