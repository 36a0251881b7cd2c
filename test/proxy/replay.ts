import { createLoginSession } from '../../src/proxy/create-session.js';
import { DisconnectSpread } from '../../src/proxy/disconnect-spread.js';
import type { HaproxyInfo } from '../../src/proxy/haproxy-header.js';
import { HostStates } from '../../src/proxy/host-states.js';
import type { ClientSettings } from '../../src/proxy/login-client.js';
import type { SessionAction, SessionEvent } from '../../src/proxy/session-event.js';
import {
  IMPLICIT_TLS_PORTS,
  recordedAddresses,
  recordedNonce,
  recordedServerName,
  recordedTlsError,
} from './recorded-facts.js';
import { recordedAnswer, recordedSettings } from './recorded-proxy.js';
import { nextTimer, type ReplayedClient, relayEnd, replayedClient } from './replayed-client.js';
import { ReplayedGates } from './replayed-gates.js';
import { ReplayedLoops } from './replayed-loops.js';
import { processOf, type Step, type Transcript, titled } from './transcript.js';
import { unframedSteps } from './unframed-steps.js';

/** Everything that was sent and logged, by party. */
export interface Replay {
  /** Bytes to each client and each backend connection. */
  readonly sent: ReadonlyMap<string, string>;
  readonly log: readonly string[];
  /** Address that each backend connection was bound to, where one was asked for. */
  readonly boundTo: ReadonlyMap<string, string>;
  readonly leftTimers: number;
}

const START_MS = Date.UTC(2026, 10, 1);
/** Real clocks and simulated ones may differ by that. */
const SLACK_MS = 300;

/** Plays a recorded conversation to the state machines, with a simulated clock and scripted backends. */
export class Replayer {
  readonly #transcript: Transcript;
  readonly #cut: (data: string) => string[];
  readonly #clients = new Map<string, ReplayedClient>();
  readonly #gates: ReplayedGates;
  readonly #loops: ReplayedLoops;
  readonly #sent = new Map<string, string>();
  readonly #boundTo = new Map<string, string>();
  readonly #log: string[] = [];
  readonly #connections = new Map<string, number>();
  readonly #settings: ClientSettings;
  readonly #hosts = new HostStates();
  /** The clients of a backend that goes begin to leave after 30 ms, as in the recordings. */
  readonly #spread = new DisconnectSpread(
    () => this.#now,
    () => 30,
  );
  #sourceIndex = 0;
  #tlsFailures = 0;
  #now = START_MS;

  /** `cut` breaks what arrives into pieces. */
  constructor(transcript: Transcript, cut: (data: string) => string[] = (data) => [data]) {
    this.#transcript = { ...transcript, steps: unframedSteps(transcript.steps) };
    this.#cut = cut;
    this.#settings = recordedSettings(transcript);
    this.#gates = new ReplayedGates(transcript, this.#settings, {
      log: (line) => this.#log.push(line),
      open: (name, what, info) => this.#openClient(name, what, info),
      rest: (name, data) => this.#bytes(name, data),
      closed: (name) => this.#loops.closed(name),
    });
    this.#loops = new ReplayedLoops({
      connect: (name, what) => {
        if (!this.#gates.connect(name, what, this.#now)) this.#openClient(name, what);
      },
      backend: (owner, name) => {
        const client = this.#clients.get(owner);
        if (client !== undefined) client.backend = name;
      },
      event: (name, event) => this.#deliver(name, event),
      bytes: (name, data) => this.#bytes(name, data),
    });
  }

  run(): Replay {
    for (const [index, step] of this.#transcript.steps.entries()) this.#step(step, index);
    this.#advance(Number.POSITIVE_INFINITY);
    let leftTimers = 0;
    for (const client of this.#clients.values()) leftTimers += client.timers.size;
    return { sent: this.#sent, log: this.#log, boundTo: this.#boundTo, leftTimers };
  }

  #step([seconds, from, to, what]: Step, index: number): void {
    this.#advance(START_MS + seconds * 1000 + SLACK_MS);
    this.#now = Math.max(this.#now, START_MS + seconds * 1000);
    if (typeof what === 'string') {
      if (from !== 'proxy') this.#bytes(from, what);
      return;
    }
    const event = what['event'];
    if (from.startsWith('client') && event === 'connect') {
      if (!this.#gates.connect(from, what, this.#now)) this.#openClient(from, what);
    } else if (from.startsWith('client') && event === 'tls-handshake')
      this.#deliver(from, { kind: 'client_tls_ready', localName: recordedServerName(this.#transcript) });
    else if (from === 'admin' || to === 'admin') this.#admin(what);
    else if (from.startsWith('client') && event === 'close') this.#clientGone(from);
    else if (from.startsWith('backend') && event === 'close') this.#backendGone(from, '');
    else if (from.startsWith('backend') && event === 'reset')
      this.#backendGone(from, 'read(size=4096) failed: Connection reset by peer');
    else if (to.startsWith('backend') && event === 'tls-handshake') this.#backendTls(to, index);
    else if (to.startsWith('backend') && event === 'close') this.#proxyClosed(to);
    else if (to.startsWith('backend') && event === 'error')
      this.#backendGone(to, recordedTlsError(this.#transcript));
  }

  #openClient(name: string, what: Readonly<Record<string, string | number>>, haproxy?: HaproxyInfo): void {
    const implicitTls = IMPLICIT_TLS_PORTS.includes(Number(what['proxy_port']));
    const session = createLoginSession(this.#transcript.protocol, {
      addresses: recordedAddresses(this.#transcript, what, haproxy),
      listenerName: this.#transcript.protocol + (implicitTls ? 's' : ''),
      implicitTls,
      environment: {
        now: () => this.#now,
        randomBytes: (count) => recordedNonce(this.#transcript, count),
        hostname: 'proxy',
        pid: 1,
        settingsFor: () => this.#settings,
        nextSourceIp: () => {
          const pool = this.#settings.login.sourceIps;
          return pool[this.#sourceIndex++ % Math.max(1, pool.length)] ?? null;
        },
        hosts: this.#hosts,
      },
    });
    this.#clients.set(name, replayedClient(name, session));
    this.#deliver(name, { kind: 'client_connected' });
  }

  #bytes(from: string, data: string): void {
    if (this.#gates.has(from)) {
      for (const piece of this.#cut(data)) {
        if (this.#gates.has(from)) this.#gates.received(from, piece);
        else this.#bytes(from, piece);
      }
      return;
    }
    const client = this.#clients.get(from);
    if (client !== undefined) {
      if (client.relaying) this.#toBackend(client, data);
      else
        for (const piece of this.#cut(data)) this.#clientEvent(client, { kind: 'client_data', data: piece });
      return;
    }
    const owner = this.#ownerOf(from);
    if (owner === undefined) return;
    if (owner.held !== null) {
      // Clear text where TLS was to begin.
      this.#tlsFails(owner);
      return;
    }
    for (const piece of this.#cut(data)) {
      if (owner.backend !== from) return;
      if (owner.relaying) this.#toClient(owner, piece);
      else this.#deliver(owner.name, { kind: 'backend_data', data: piece });
    }
  }

  #toBackend(client: ReplayedClient, data: string): void {
    client.bytesIn += data.length;
    this.#record(client.backend ?? '', data);
  }

  #toClient(client: ReplayedClient, data: string): void {
    client.bytesOut += data.length;
    this.#record(client.name, data);
  }

  #ownerOf(backend: string): ReplayedClient | undefined {
    return [...this.#clients.values()].find((client) => client.backend === backend);
  }

  /** A client's events wait while its turn is over, as a paused socket does it. */
  #clientEvent(client: ReplayedClient, event: SessionEvent): void {
    if (client.paused) client.waiting.push(event);
    else this.#deliver(client.name, event);
  }

  /** `doveadm proxy kick`: the log says whether it was done (2.4.1 does nothing in a process of one connection). */
  #admin(what: Readonly<Record<string, string | number>>): void {
    if (!/ kick /.test(String(what['event'])) || !String(what['output']).startsWith('1 ')) return;
    if (!this.#transcript.log.some((line) => line.includes('Kicked by admin'))) return;
    for (const client of this.#clients.values()) {
      if (client.relaying) this.#endRelay(client, 'proxy', 'Kicked by admin');
    }
  }

  #clientGone(name: string): void {
    const client = this.#clients.get(name);
    if (client === undefined) return;
    client.gone = true;
    if (client.relaying) this.#endRelay(client, 'client', '');
    else this.#clientEvent(client, { kind: 'client_closed', error: '' });
  }

  #backendGone(backend: string, error: string): void {
    const client = this.#ownerOf(backend);
    if (client === undefined) return;
    if (client.relaying) this.#endRelay(client, 'server', error);
    else this.#deliver(client.name, { kind: 'backend_closed', error });
  }

  /** Not all recordings tell that a client closed: the proxy's own close does. */
  #proxyClosed(backend: string): void {
    const client = this.#ownerOf(backend);
    if (
      client?.relaying === true &&
      this.#transcript.log.some((line) => line.includes('Disconnected by client'))
    )
      this.#endRelay(client, 'client', '');
  }

  #endRelay(client: ReplayedClient, side: 'client' | 'server' | 'proxy', error: string): void {
    client.relaying = false;
    const delay = this.#settings.login.proxyMaxDisconnectDelay;
    const delayMs = side === 'server' && delay > 0 ? this.#spread.left('backend', delay) : 0;
    this.#deliver(client.name, { kind: 'relay_ended', end: { ...relayEnd(client, side, error), delayMs } });
  }

  /** The handshake succeeds, unless the proxy says no more to this backend and the log blames TLS. */
  #backendTls(backend: string, index: number): void {
    const client = this.#ownerOf(backend);
    if (client === undefined) return;
    const later = this.#transcript.steps.slice(index + 1);
    const spoken = later.some(
      ([, from, to, what]) => from === 'proxy' && to === backend && typeof what === 'string',
    );
    if (!spoken && recordedTlsError(this.#transcript) !== '') {
      this.#tlsFails(client);
      return;
    }
    const held = client.held ?? '';
    client.held = null;
    this.#record(backend, held);
  }

  /** Real Dovecot has two ways to say it, by chance (proxy_starttls); the recorded one is taken. */
  #tlsFails(client: ReplayedClient): void {
    const error = recordedTlsError(this.#transcript);
    this.#tlsFailures += 1;
    const handshakes = this.#transcript.steps.filter(
      ([, from, , what]) => from === 'proxy' && typeof what !== 'string' && what['event'] === 'tls-handshake',
    ).length;
    const last = this.#tlsFailures >= handshakes;
    const internal = this.#transcript.log.some((line) => line.includes('Failed to start SSL handshake'));
    this.#deliver(client.name, { kind: last && internal ? 'backend_tls_failed' : 'backend_closed', error });
  }

  #advance(limit: number): void {
    this.#gates.advance(limit);
    for (;;) {
      const due = nextTimer(this.#clients.values(), limit);
      if (due === null) return;
      due.client.timers.delete(due.name);
      this.#now = Math.max(this.#now, due.at);
      this.#deliver(due.client.name, {
        kind: 'timer',
        name: due.name,
        local: { ip: '127.0.0.1', port: 4000 },
      });
    }
  }

  #record(party: string, data: string): void {
    // Nobody is there to record it.
    if (this.#clients.get(party)?.gone === true) return;
    this.#sent.set(party, (this.#sent.get(party) ?? '') + data);
  }

  #deliver(name: string, event: SessionEvent): void {
    const client = this.#clients.get(name);
    if (client === undefined) return;
    for (const action of client.session.receive(event)) this.#perform(client, action);
    this.#loops.goOn();
  }

  #perform(client: ReplayedClient, action: SessionAction): void {
    switch (action.kind) {
      case 'to_client':
        if (!this.#loops.toClient(client.name, action.data)) this.#record(client.name, action.data);
        break;
      case 'to_backend':
        if (client.held !== null) client.held += action.data;
        else if (!this.#loops.toBackend(client.backend, action.data))
          this.#record(client.backend ?? '', action.data);
        break;
      case 'authenticate':
        this.#deliver(client.name, {
          kind: 'auth_answered',
          answer: recordedAnswer(action.request, this.#transcript),
        });
        break;
      case 'connect':
        this.#connect(client, action);
        break;
      case 'start_backend_tls':
        client.held = '';
        break;
      case 'close_backend':
        this.#loops.left(client.backend);
        client.backend = null;
        client.held = null;
        break;
      case 'set_timer':
        client.timers.set(action.name, this.#now + action.milliseconds);
        break;
      case 'clear_timer':
        client.timers.delete(action.name);
        break;
      case 'relay':
        client.relaying = true;
        this.#spread.started('backend');
        if (action.toBackend !== '') this.#record(client.backend ?? '', action.toBackend);
        if (action.toClient !== '') this.#record(client.name, action.toClient);
        this.#flushRelay(client);
        break;
      case 'log':
        if (action.level !== 'debug')
          this.#log.push(`${processOf(this.#transcript)}: ${titled(action.level)}: ${action.text}`);
        break;
      case 'log_auth':
        this.#log.push(action.line);
        break;
      case 'pause_client':
        client.paused = true;
        break;
      case 'resume_client':
        client.paused = false;
        this.#flushWaiting(client);
        break;
      case 'close_client':
        client.timers.clear();
        this.#loops.closed(client.name);
        break;
      case 'start_client_tls':
      case 'notify':
        break;
    }
  }

  #flushWaiting(client: ReplayedClient): void {
    while (!client.paused && !client.relaying) {
      const event = client.waiting.shift();
      if (event === undefined) return;
      this.#deliver(client.name, event);
    }
  }

  /** What the client did while it was not its turn belongs to the relay now. */
  #flushRelay(client: ReplayedClient): void {
    const waiting = client.waiting.splice(0);
    for (const event of waiting) {
      if (event.kind === 'client_data') this.#toBackend(client, event.data);
      if (event.kind === 'client_closed' && client.relaying) this.#endRelay(client, 'client', '');
    }
  }

  #connect(client: ReplayedClient, action: Extract<SessionAction, { kind: 'connect' }>): void {
    if (this.#loops.connected(client.name, action.port)) return;
    const listener = action.port === 21411 ? 'backend2' : 'backend';
    const count = (this.#connections.get(listener) ?? 0) + 1;
    const party = count === 1 ? listener : `${listener}#${count}`;
    const recorded = this.#transcript.steps.find(
      ([, , to, what]) => to === party && typeof what !== 'string' && what['event'] === 'connect',
    );
    if (recorded === undefined || action.port === 21499) {
      const error =
        /failed: (.*?) \(after/.exec(this.#transcript.log.join('\n'))?.[1] ?? 'Connection refused';
      const bound = action.sourceIp;
      const local =
        error.startsWith('Cannot assign') && bound !== null
          ? { ip: bound, port: null }
          : { ip: '127.0.0.1', port: 4000 };
      this.#deliver(client.name, { kind: 'backend_refused', error, local });
      return;
    }
    this.#connections.set(listener, count);
    client.backend = party;
    client.held = action.tls === null ? null : '';
    this.#sent.set(party, '');
    if (action.sourceIp?.includes(':') === true && !action.ip.includes(':'))
      this.#log.push(
        `${processOf(this.#transcript)}: Warning: net_connect_ip(): ip->family != my_ip->family`,
      );
    else if (action.sourceIp !== null) this.#boundTo.set(party, action.sourceIp);
    this.#deliver(client.name, { kind: 'backend_connected' });
  }
}
