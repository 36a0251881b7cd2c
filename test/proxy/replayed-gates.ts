import { seriesOf } from '../../src/knowledge/versions.js';
import { type GateStep, HaproxyGate } from '../../src/proxy/haproxy-gate.js';
import type { HaproxyInfo } from '../../src/proxy/haproxy-header.js';
import type { ClientSettings } from '../../src/proxy/login-client.js';
import { processOf, type Transcript, titled } from './transcript.js';

type Facts = Readonly<Record<string, string | number>>;

/** Ports of the recordings whose listeners want a header of haproxy. */
const HAPROXY_PORTS = [21308, 21328];

interface GateSide {
  log(line: string): void;
  open(name: string, what: Facts, info: HaproxyInfo): void;
  /** Bytes behind the header. */
  rest(name: string, data: string): void;
  closed(name: string): void;
}

/** Clients of a recording whose header has not come. */
export class ReplayedGates {
  readonly #transcript: Transcript;
  readonly #settings: ClientSettings;
  readonly #side: GateSide;
  readonly #waiting = new Map<string, { gate: HaproxyGate; what: Facts; until: number }>();

  constructor(transcript: Transcript, settings: ClientSettings, side: GateSide) {
    this.#transcript = transcript;
    this.#settings = settings;
    this.#side = side;
  }

  has(name: string): boolean {
    return this.#waiting.has(name);
  }

  /** False where the listener wants no header. */
  connect(name: string, what: Facts, now: number): boolean {
    if (!HAPROXY_PORTS.includes(Number(what['proxy_port']))) return false;
    const { haproxyTrustedNetworks, haproxyTimeout, version } = this.#settings.login;
    const gate = new HaproxyGate({
      series: seriesOf(version),
      protocol: this.#transcript.protocol,
      remoteIp: '127.0.0.1',
      trustedNetworks: haproxyTrustedNetworks,
    });
    this.#waiting.set(name, { gate, what, until: now + haproxyTimeout });
    this.#pass(name, gate.start());
    return true;
  }

  received(name: string, data: string): void {
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) this.#pass(name, waiting.gate.received(data));
  }

  advance(limit: number): void {
    for (const [name, { gate, until }] of this.#waiting)
      if (until <= limit) this.#pass(name, gate.timedOut());
  }

  #pass(name: string, step: GateStep): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined || step.kind === 'waiting') return;
    this.#waiting.delete(name);
    if (step.log !== null)
      this.#side.log(`${processOf(this.#transcript)}: ${titled(step.log.level)}: ${step.log.text}`);
    if (step.kind === 'closed') {
      this.#side.closed(name);
      return;
    }
    this.#side.open(name, waiting.what, step.info);
    if (step.rest !== '') this.#side.rest(name, step.rest);
  }
}
