import type { SessionEvent } from '../../src/proxy/session-event.js';

type Facts = Readonly<Record<string, string | number>>;

/** Ports that the recorded proxies listened on; others belong to backends. */
const OWN_PORTS = [21301, 21302, 21308, 21321, 21322, 21328];

interface LoopSide {
  /** The proxy comes to itself as a client of that name. */
  connect(name: string, what: Facts): void;
  /** What the owner takes for its backend is that client. */
  backend(owner: string, name: string): void;
  event(name: string, event: SessionEvent): void;
  bytes(from: string, data: string): void;
}

/** Connections of a recorded proxy to itself: what one end sends the other receives, when its turn has come. */
export class ReplayedLoops {
  readonly #side: LoopSide;
  /** The session that connected, by the name of the client that it became. */
  readonly #owners = new Map<string, string>();
  readonly #later: (() => void)[] = [];
  #busy = false;
  #count = 0;

  constructor(side: LoopSide) {
    this.#side = side;
  }

  /** False: the port is a backend's. */
  connected(owner: string, port: number): boolean {
    if (!OWN_PORTS.includes(port)) return false;
    this.#count += 1;
    const name = `self#${this.#count}`;
    this.#owners.set(name, owner);
    this.#side.backend(owner, name);
    this.#later.push(
      () => this.#side.event(owner, { kind: 'backend_connected' }),
      () => this.#side.connect(name, { proxy_port: port, client_port: 40_000 + this.#count }),
    );
    return true;
  }

  /** False: that client is none of the proxy's own connections. */
  toClient(name: string, data: string): boolean {
    const owner = this.#owners.get(name);
    if (owner === undefined) return false;
    this.#later.push(() => {
      if (this.#owners.has(name)) this.#side.event(owner, { kind: 'backend_data', data });
    });
    return true;
  }

  /** False: that backend is another. */
  toBackend(name: string | null, data: string): boolean {
    if (name === null || !this.#owners.has(name)) return false;
    this.#later.push(() => this.#side.bytes(name, data));
    return true;
  }

  /** The end that connected closed it. */
  left(backend: string | null): void {
    if (backend === null || !this.#owners.delete(backend)) return;
    this.#later.push(() => this.#side.event(backend, { kind: 'client_closed', error: '' }));
  }

  /** The end that accepted closed it. */
  closed(name: string): void {
    const owner = this.#owners.get(name);
    if (owner === undefined) return;
    this.#owners.delete(name);
    this.#later.push(() => this.#side.event(owner, { kind: 'backend_closed', error: '' }));
  }

  /** Lets happen what waits. */
  goOn(): void {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#later.shift(); next !== undefined; next = this.#later.shift()) next();
    this.#busy = false;
  }
}
