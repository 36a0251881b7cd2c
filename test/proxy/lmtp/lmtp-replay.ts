import type { LmtpAction, LmtpEvent } from '../../../src/proxy/lmtp/lmtp-event.js';
import { LmtpSession } from '../../../src/proxy/lmtp/lmtp-session.js';
import type { LmtpSettings } from '../../../src/proxy/lmtp/lmtp-settings.js';
import { DotWriter } from '../../../src/proxy/lmtp/message-reader.js';
import { recordedAnswer, recordedLmtpSettings } from '../recorded-proxy.js';
import { type AnyTranscript, type Step, titled } from '../transcript.js';

export interface LmtpReplay {
  /** Bytes to the client and to each backend connection. */
  readonly sent: ReadonlyMap<string, string>;
  readonly log: readonly string[];
  readonly leftTimers: number;
  /** Bytes of messages that are still stored. */
  readonly stored: number;
}

const START_MS = Date.UTC(2026, 10, 20, 10, 47, 20);
/** Real clocks and simulated ones may differ by that. */
const SLACK_MS = 300;

interface Backend {
  readonly id: number;
  readonly party: string;
  /** Bytes wait for a handshake. */
  held: string | null;
  gone: boolean;
}

/** Plays a recorded LMTP conversation to the state machine, with a simulated clock and scripted backends. */
export class LmtpReplayer {
  readonly #transcript: AnyTranscript;
  readonly #cut: (data: string) => string[];
  readonly #settings: LmtpSettings;
  readonly #sent = new Map<string, string>();
  readonly #log: string[] = [];
  readonly #timers = new Map<string, number>();
  readonly #backends: Backend[] = [];
  #session: LmtpSession | null = null;
  #stored = '';
  #now = START_MS;

  constructor(transcript: AnyTranscript, cut: (data: string) => string[] = (data) => [data]) {
    this.#transcript = transcript;
    this.#cut = cut;
    this.#settings = recordedLmtpSettings(transcript);
  }

  run(): LmtpReplay {
    for (const [index, step] of this.#transcript.steps.entries()) this.#step(step, index);
    return {
      sent: this.#sent,
      log: this.#log,
      leftTimers: this.#timers.size,
      stored: this.#stored.length,
    };
  }

  #step([seconds, from, to, what]: Step, index: number): void {
    this.#advance(START_MS + seconds * 1000 + SLACK_MS);
    this.#now = Math.max(this.#now, START_MS + seconds * 1000);
    if (typeof what === 'string') {
      if (from === 'client') for (const data of this.#cut(what)) this.#deliver({ kind: 'client_data', data });
      else if (from !== 'proxy') this.#backendData(from, what);
      // Not all recordings tell that a backend closed: what the proxy says does.
      else if (to === 'client' && what.includes('(connection lost, ')) this.#backendGone('backend');
      return;
    }
    const event = what['event'];
    if (from === 'client' && event === 'connect') this.#connect(what);
    else if (from === 'client' && event === 'close') this.#deliver({ kind: 'client_closed', error: '' });
    else if (from.startsWith('backend') && event === 'close') this.#backendGone(from);
    else if (to.startsWith('backend') && event === 'tls-handshake') this.#handshake(to, index);
  }

  #connect(what: Readonly<Record<string, string | number>>): void {
    const remoteIp = /Connect from (\S+)/.exec(this.#transcript.log.join('\n'))?.[1] ?? '127.0.0.1';
    const [localPort, remotePort] = [Number(what['proxy_port']), Number(what['client_port'])];
    const place = { localIp: '127.0.0.1', localPort, remoteIp, remotePort };
    this.#session = new LmtpSession({
      addresses: {
        ...place,
        realLocalIp: '127.0.0.1',
        realLocalPort: localPort,
        realRemoteIp: remoteIp,
        realRemotePort: remotePort,
      },
      implicitTls: false,
      environment: {
        now: () => this.#now,
        hostname: 'proxy',
        pid: 1,
        connectionId: 1,
        settingsFor: () => this.#settings,
      },
    });
    this.#deliver({ kind: 'client_connected' });
  }

  #backendData(party: string, data: string): void {
    const backend = this.#backends.find((each) => each.party === party);
    if (backend === undefined || backend.gone) return;
    for (const piece of this.#cut(data))
      this.#deliver({ kind: 'backend_data', backend: backend.id, data: piece });
  }

  #backendGone(party: string): void {
    const backend = this.#backends.find((each) => each.party === party);
    if (backend === undefined || backend.gone) return;
    backend.gone = true;
    this.#deliver({ kind: 'backend_closed', backend: backend.id, error: '' });
  }

  /** The handshake succeeds, unless the proxy says no more to this backend and the log blames TLS. */
  #handshake(party: string, index: number): void {
    const backend = this.#backends.find((each) => each.party === party);
    if (backend === undefined) return;
    const error = /(SSL certificate doesn't .*|Received invalid .*)$/m.exec(
      this.#transcript.log.join('\n'),
    )?.[1];
    const spoken = this.#transcript.steps
      .slice(index + 1)
      .some(([, from, to, what]) => from === 'proxy' && to === party && typeof what === 'string');
    if (!spoken && error !== undefined) {
      this.#deliver({ kind: 'backend_tls_failed', backend: backend.id, error });
      return;
    }
    const held = backend.held ?? '';
    backend.held = null;
    this.#record(party, held);
  }

  #advance(limit: number): void {
    for (;;) {
      const due = [...this.#timers].filter(([, at]) => at <= limit).sort(([, a], [, b]) => a - b)[0];
      if (due === undefined) return;
      const [name, at] = due;
      this.#timers.delete(name);
      this.#now = Math.max(this.#now, at);
      this.#deliver({ kind: 'timer', name });
    }
  }

  #record(party: string, data: string): void {
    this.#sent.set(party, (this.#sent.get(party) ?? '') + data);
  }

  #toBackend(id: number, data: string): void {
    const backend = this.#backends[id - 1];
    if (backend === undefined || backend.gone) return;
    if (backend.held === null) this.#record(backend.party, data);
    else backend.held += data;
  }

  #deliver(event: LmtpEvent): void {
    for (const action of this.#session?.receive(event) ?? []) this.#perform(action);
  }

  #perform(action: LmtpAction): void {
    switch (action.kind) {
      case 'to_client':
        this.#record('client', action.data);
        break;
      case 'look_up': {
        const answer = recordedAnswer(action.request, this.#transcript);
        const known = this.#transcript.fields[action.request.user] !== undefined;
        this.#deliver({ kind: 'looked_up', answer, local: known ? 'exists' : 'unknown' });
        break;
      }
      case 'connect':
        this.#connectBackend(action);
        break;
      case 'to_backend':
        this.#toBackend(action.backend, action.data);
        break;
      case 'send_message': {
        const data = this.#stored.slice(action.range.start, action.range.end);
        this.#toBackend(action.backend, action.dotted ? new DotWriter().push(data) : data);
        break;
      }
      case 'start_backend_tls': {
        const backend = this.#backends[action.backend - 1];
        if (backend !== undefined) backend.held = '';
        break;
      }
      case 'close_backend': {
        const backend = this.#backends[action.backend - 1];
        if (backend !== undefined) backend.gone = true;
        break;
      }
      case 'store':
        this.#stored += action.data;
        break;
      case 'discard_message':
        this.#stored = '';
        break;
      case 'set_timer':
        this.#timers.set(action.name, this.#now + action.milliseconds);
        break;
      case 'clear_timer':
        this.#timers.delete(action.name);
        break;
      case 'log':
        if (action.level !== 'debug') this.#log.push(`lmtp(1): ${titled(action.level)}: ${action.text}`);
        break;
      case 'start_client_tls':
      case 'pause_client':
      case 'resume_client':
      case 'close_client':
        break;
    }
  }

  #connectBackend(action: Extract<LmtpAction, { kind: 'connect' }>): void {
    const listener = action.port === 21411 ? 'backend2' : 'backend';
    const before = this.#backends.filter(({ party }) => party.startsWith(listener)).length;
    const party = before === 0 ? listener : `${listener}#${before + 1}`;
    const recorded = this.#transcript.steps.some(
      ([, , to, what]) => to === party && typeof what !== 'string' && what['event'] === 'connect',
    );
    const refused = !recorded || action.port === 21499;
    this.#backends.push({ id: action.backend, party: refused ? 'none' : party, held: null, gone: refused });
    if (refused) {
      const error = 'Connection refused';
      this.#deliver({ kind: 'backend_refused', backend: action.backend, error });
      return;
    }
    this.#sent.set(party, '');
    this.#deliver({ kind: 'backend_connected', backend: action.backend });
  }
}
