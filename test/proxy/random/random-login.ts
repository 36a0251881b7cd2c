import { createLoginSession } from '../../../src/proxy/create-session.js';
import { HostStates } from '../../../src/proxy/host-states.js';
import type { ClientSettings } from '../../../src/proxy/login-client.js';
import type { LoginProtocol } from '../../../src/proxy/login-protocols.js';
import type { LoginSession } from '../../../src/proxy/login-session.js';
import type { SessionAction, SessionEvent, TimerName } from '../../../src/proxy/session-event.js';
import { authAnswer } from '../auth-answer.js';
import type { Dice } from './dice.js';
import { BACKEND_WORDS, CLIENT_WORDS, FIELDS, sensibleAnswer } from './words.js';

const ADDRESSES = {
  localIp: '127.0.0.1',
  localPort: 143,
  remoteIp: '127.0.0.7',
  remotePort: 4000,
  realLocalIp: '127.0.0.1',
  realLocalPort: 143,
  realRemoteIp: '127.0.0.7',
  realRemotePort: 4000,
};

type Possible = readonly [weight: number, event: () => SessionEvent];

/**
 * A session among surroundings that do anything they could do, in any order. Throws where the session asks for what
 * cannot be: a second connection, bytes for one that is not there, anything after its end.
 */
export class RandomLogin {
  readonly #dice: Dice;
  /** Kinds of actions so far. */
  readonly #seen: Set<string>;
  readonly #protocol: LoginProtocol;
  readonly #session: LoginSession;
  readonly #timers = new Set<TimerName>();
  #now = 1e12;
  #auth: 'none' | 'login' | 'sasl' = 'none';
  #backend: 'none' | 'connecting' | 'open' = 'none';
  #backendTls = false;
  /** Lines to the backend; '' stands for its greeting. */
  #unanswered: string[] = [];
  #clientTls: boolean;
  #paused = false;
  #relaying = false;
  closed = false;

  constructor(protocol: LoginProtocol, settings: ClientSettings, dice: Dice, seen: Set<string>) {
    this.#dice = dice;
    this.#seen = seen;
    this.#protocol = protocol;
    this.#clientTls = dice.oneIn(4);
    this.#session = createLoginSession(protocol, {
      addresses: ADDRESSES,
      listenerName: protocol,
      implicitTls: this.#clientTls,
      environment: {
        now: () => this.#now,
        randomBytes: (count) => new Uint8Array(count),
        hostname: 'proxy',
        pid: 1,
        settingsFor: () => settings,
        nextSourceIp: () => (dice.oneIn(3) ? '127.0.0.5' : null),
        hosts: new HostStates(),
      },
    });
    this.#deliver({ kind: 'client_connected' });
  }

  step(): void {
    this.#now += this.#dice.below(100);
    const possible = this.#possible();
    let left = this.#dice.below(possible.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, event] of possible) {
      left -= weight;
      if (left >= 0) continue;
      this.#deliver(event());
      return;
    }
  }

  #possible(): Possible[] {
    const dice = this.#dice;
    const error = () => (dice.oneIn(2) ? '' : 'read() failed: Connection reset by peer');
    if (this.#relaying) return [[1, () => this.#relayEnded(error())]];
    const possible: Possible[] = [[1, () => ({ kind: 'client_closed', error: error() })]];
    if (dice.oneIn(30)) possible.push([1, () => ({ kind: 'shutdown' })]);
    if (this.#clientTls) {
      const state = dice.pick(['none', 'invalid', 'valid'] as const);
      const localName = dice.pick(['', 'x.example.com']);
      possible.push([20, () => this.#tlsReady(localName, state)]);
    } else if (!this.#paused) {
      possible.push([20, () => ({ kind: 'client_data', data: dice.text(CLIENT_WORDS[this.#protocol]) })]);
    }
    if (this.#auth !== 'none') possible.push([30, () => this.#answer()]);
    if (this.#backend === 'connecting')
      possible.push(
        [30, () => ({ kind: 'backend_connected' })],
        [3, () => ({ kind: 'backend_refused', error: 'Connection refused', local: null })],
      );
    if (this.#backend === 'open') {
      possible.push(
        [30, () => ({ kind: 'backend_data', data: this.#backendWord() })],
        [1, () => ({ kind: 'backend_closed', error: error() })],
      );
      if (this.#backendTls)
        possible.push([1, () => ({ kind: 'backend_tls_failed', error: 'bad certificate' })]);
    }
    for (const name of this.#timers) possible.push([1, () => ({ kind: 'timer', name })]);
    return possible;
  }

  #backendWord(): string {
    const unanswered = this.#unanswered.shift();
    if (unanswered === undefined || this.#dice.oneIn(5))
      return this.#dice.text(BACKEND_WORDS[this.#protocol]);
    return sensibleAnswer(this.#protocol, unanswered);
  }

  #tlsReady(localName: string, state: 'none' | 'invalid' | 'valid'): SessionEvent {
    this.#clientTls = false;
    return {
      kind: 'client_tls_ready',
      localName,
      certificate: { state, user: state === 'valid' ? 'joe' : '' },
    };
  }

  #relayEnded(error: string): SessionEvent {
    const side = this.#dice.pick(['client', 'server', 'proxy'] as const);
    const counts = { idleSeconds: 0, bytesIn: 1, bytesOut: 2, unsent: 0 };
    return {
      kind: 'relay_ended',
      end: { side, error, ...counts, clientBlocked: false, serverBlocked: false },
    };
  }

  #answer(): SessionEvent {
    const dice = this.#dice;
    if (this.#auth === 'sasl' && dice.oneIn(2)) {
      this.#auth = 'none';
      return { kind: 'sasl_challenge', user: null, data: dice.bytes() };
    }
    this.#auth = 'none';
    const result = dice.pick(['ok', 'ok', 'ok', 'fail', 'tempfail'] as const);
    const code = dice.pick([null, 'user_disabled', 'authz_fail', 'pass_expired'] as const);
    const answer = authAnswer('joe', dice.text(FIELDS), { result, code: result === 'fail' ? code : null });
    return { kind: 'auth_answered', answer };
  }

  #deliver(event: SessionEvent): void {
    // What belongs to a connection is over before the next one can be asked for.
    if (event.kind === 'backend_connected') this.#backend = 'open';
    if (event.kind === 'backend_refused' || event.kind === 'backend_closed') this.#backend = 'none';
    if (event.kind === 'backend_tls_failed') this.#backend = 'none';
    if (event.kind === 'timer') this.#timers.delete(event.name);
    for (const action of this.#session.receive(event)) this.#perform(action);
  }

  #perform(action: SessionAction): void {
    if (this.closed && action.kind !== 'log') throw new Error(`${action.kind} after the end`);
    this.#seen.add(action.kind);
    switch (action.kind) {
      case 'authenticate':
      case 'sasl_start':
      case 'sasl_continue':
        if (this.#auth !== 'none') throw new Error('two logins at once');
        this.#auth = action.kind === 'authenticate' ? 'login' : 'sasl';
        break;
      case 'connect':
        if (this.#backend !== 'none') throw new Error('two backends at once');
        this.#backend = 'connecting';
        this.#unanswered = [''];
        this.#backendTls = action.tls !== null;
        break;
      case 'start_backend_tls':
        this.#backendTls = true;
        break;
      case 'to_backend':
        if (this.#backend !== 'open') throw new Error('bytes for no backend');
        this.#unanswered.push(...action.data.split('\r\n').slice(0, -1));
        break;
      case 'close_backend':
        this.#backend = 'none';
        break;
      case 'start_client_tls':
        this.#clientTls = true;
        break;
      case 'pause_client':
        this.#paused = true;
        break;
      case 'resume_client':
        this.#paused = false;
        break;
      case 'relay':
        if (this.#backend !== 'open') throw new Error('relay to no backend');
        this.#relaying = true;
        break;
      case 'set_timer':
        this.#timers.add(action.name);
        break;
      case 'clear_timer':
        this.#timers.delete(action.name);
        break;
      case 'close_client':
        this.closed = true;
        break;
      case 'to_client':
      case 'sasl_cancel':
      case 'log':
      case 'log_auth':
        break;
    }
  }
}
