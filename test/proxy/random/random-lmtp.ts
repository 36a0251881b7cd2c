import type { LmtpAction, LmtpEvent } from '../../../src/proxy/lmtp/lmtp-event.js';
import { LmtpSession } from '../../../src/proxy/lmtp/lmtp-session.js';
import type { LmtpSettings } from '../../../src/proxy/lmtp/lmtp-settings.js';
import { authAnswer } from '../auth-answer.js';
import type { Dice } from './dice.js';
import { BACKEND_WORDS, CLIENT_WORDS, DELIVERY, FIELDS, sensibleAnswer } from './words.js';

type Possible = readonly [weight: number, event: () => LmtpEvent];

/** The same for LMTP, which may have many backends at once. */
export class RandomLmtp {
  readonly #dice: Dice;
  /** Kinds of actions so far. */
  readonly #seen: Set<string>;
  readonly #session: LmtpSession;
  readonly #timers = new Set<string>();
  readonly #backends = new Map<number, 'connecting' | 'open' | 'ended'>();
  #now = 1e12;
  #lookingUp = false;
  #clientTls = false;
  #paused = false;
  #stored = 0;
  #delivered = 0;
  /** Lines to each backend; '' stands for its greeting. */
  readonly #unanswered = new Map<number, string[]>();
  closed = false;

  constructor(settings: LmtpSettings, dice: Dice, seen: Set<string>) {
    this.#dice = dice;
    this.#seen = seen;
    const place = { localIp: '127.0.0.1', localPort: 24, remoteIp: '127.0.0.7', remotePort: 4000 };
    this.#session = new LmtpSession({
      addresses: {
        ...place,
        realLocalIp: '127.0.0.1',
        realLocalPort: 24,
        realRemoteIp: '127.0.0.7',
        realRemotePort: 4000,
      },
      implicitTls: false,
      environment: {
        now: () => this.#now,
        hostname: 'proxy',
        pid: 1,
        connectionId: 1,
        settingsFor: () => settings,
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
    const possible: Possible[] = [[1, () => ({ kind: 'client_closed', error: '' })]];
    if (dice.oneIn(50)) possible.push([1, () => ({ kind: 'shutdown' })]);
    if (this.#clientTls)
      possible.push([
        20,
        () => {
          this.#clientTls = false;
          return { kind: 'client_tls_ready', localName: '', security: 'TLSv1.3' };
        },
      ]);
    else if (!this.#paused) possible.push([40, () => ({ kind: 'client_data', data: this.#clientWord() })]);
    if (this.#lookingUp) possible.push([40, () => this.#lookedUp()]);
    if (this.#stored > 0 && dice.oneIn(40))
      possible.push([1, () => ({ kind: 'store_failed', error: 'full' })]);
    for (const [backend, state] of this.#backends) {
      if (state === 'connecting')
        possible.push(
          [20, () => ({ kind: 'backend_connected', backend })],
          [2, () => ({ kind: 'backend_refused', backend, error: 'Connection refused' })],
        );
      else
        possible.push(
          [40, () => ({ kind: 'backend_data', backend, data: this.#backendWord(backend) })],
          [1, () => ({ kind: 'backend_closed', backend, error: dice.pick(['', 'read() failed']) })],
          [1, () => ({ kind: 'backend_tls_failed', backend, error: 'bad certificate' })],
        );
    }
    for (const name of this.#timers) possible.push([1, () => ({ kind: 'timer', name })]);
    return possible;
  }

  #clientWord(): string {
    if (this.#dice.oneIn(5)) return this.#dice.text(CLIENT_WORDS.lmtp);
    this.#delivered += 1;
    return DELIVERY[(this.#delivered - 1) % DELIVERY.length] ?? '';
  }

  #backendWord(backend: number): string {
    const unanswered = this.#unanswered.get(backend)?.shift();
    return unanswered === undefined || this.#dice.oneIn(8)
      ? this.#dice.text(BACKEND_WORDS.lmtp)
      : sensibleAnswer('lmtp', unanswered);
  }

  #lookedUp(): LmtpEvent {
    this.#lookingUp = false;
    const dice = this.#dice;
    const result = dice.pick(['ok', 'ok', 'ok', 'fail', 'tempfail'] as const);
    const answer = authAnswer('joe', dice.text(FIELDS), { result });
    return { kind: 'looked_up', answer, local: dice.pick(['exists', 'unknown', 'unavailable']) };
  }

  #deliver(event: LmtpEvent): void {
    if (event.kind === 'backend_connected') this.#backends.set(event.backend, 'open');
    // One that only ended may be told goodbye.
    const ended = event.kind === 'backend_closed' && event.error === '' ? event.backend : null;
    if (ended !== null) this.#backends.set(ended, 'ended');
    else if (
      event.kind === 'backend_refused' ||
      event.kind === 'backend_closed' ||
      event.kind === 'backend_tls_failed'
    )
      this.#backends.delete(event.backend);
    if (event.kind === 'timer') this.#timers.delete(event.name);
    for (const action of this.#session.receive(event)) this.#perform(action);
    if (ended !== null && this.#backends.has(ended)) throw new Error('a backend that ended is kept');
  }

  #isEnded(backend: number): boolean {
    return this.#backends.get(backend) === 'ended';
  }

  #perform(action: LmtpAction): void {
    if (
      this.closed &&
      action.kind !== 'log' &&
      action.kind !== 'to_backend' &&
      action.kind !== 'close_backend'
    )
      throw new Error(`${action.kind} after the end`);
    this.#seen.add(action.kind);
    switch (action.kind) {
      case 'look_up':
        if (this.#lookingUp) throw new Error('two look-ups at once');
        this.#lookingUp = true;
        break;
      case 'connect':
        if (this.#backends.has(action.backend)) throw new Error('the same backend twice');
        this.#backends.set(action.backend, 'connecting');
        this.#unanswered.set(action.backend, ['']);
        break;
      case 'to_backend':
      case 'start_backend_tls':
        if (
          this.#backends.get(action.backend) !== 'open' &&
          !(action.kind === 'to_backend' && action.data === 'QUIT\r\n' && this.#isEnded(action.backend))
        )
          throw new Error(`${action.kind} for no backend`);
        if (action.kind === 'to_backend')
          this.#unanswered.get(action.backend)?.push(...action.data.split('\r\n').slice(0, -1));
        break;
      case 'send_message': {
        const { start, end } = action.range;
        if (this.#backends.get(action.backend) !== 'open') throw new Error('a message for no backend');
        if (start < 0 || end < start || end > this.#stored) throw new Error('more than was stored');
        break;
      }
      case 'close_backend':
        this.#backends.delete(action.backend);
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
      case 'store':
        this.#stored += action.data.length;
        break;
      case 'discard_message':
        this.#stored = 0;
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
      case 'log':
        break;
    }
  }
}
