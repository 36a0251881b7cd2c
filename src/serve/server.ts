import { type Server, Socket } from 'node:net';
import { seriesOf } from '../knowledge/versions.js';
import type { HaproxyInfo } from '../proxy/haproxy-header.js';
import { LOGIN_PROCESSES, type ServedProtocol } from '../proxy/login-protocols.js';
import type { Accepted } from './client-socket.js';
import { ConnectionRoom } from './connection-limits.js';
import { type Generation, type GenerationOptions, openGeneration } from './generation.js';
import { HaproxyEntrance } from './haproxy-entrance.js';
import {
  type Endpoint,
  type EndpointPlan,
  endpointText,
  type ListenOption,
  openListener,
  planEndpoints,
} from './listeners.js';
import { LmtpDriver } from './lmtp-driver.js';
import type { ServeLog } from './log.js';
import type { HandedSocket } from './operation/handover.js';
import type { KickQuestion, ProcessStatus } from './operation/operator.js';
import type { InheritedSocket } from './operation/service-manager.js';
import { SessionDirectory } from './operation/session-directory.js';
import { MemoryState, type SharedState } from './operation/shared-state.js';
import type { PreparedReload } from './operation/worker-line.js';
import { SessionDriver } from './session-driver.js';
import type { Session } from './session-parts.js';

export interface ServerOptions extends GenerationOptions {
  readonly listen: readonly ListenOption[];
  /** Listening sockets of the service manager: they replace all others. */
  readonly inherited?: readonly InheritedSocket[];
  /** Listening sockets of the process that is replaced. */
  readonly handed?: readonly HandedSocket[];
  /** No address but these. */
  readonly listenOnly?: boolean;
  /** What is shared with other processes; absent: this one is alone. */
  readonly shared?: SharedState;
  /** Part of the connections that this process takes of all that are allowed; absent: all. */
  readonly share?: number;
}

/** Sessions that are still open when the proxy stops have that long. */
const DRAIN_MS = 10_000;
/** A session without traffic for that long is cut at once. Dovecot login-proxy.c LOGIN_PROXY_DIE_IDLE_SECS */
const DIE_IDLE_MS = 2000;

/** The proxy: listeners, sessions, and the configuration that new sessions get. */
export class ProxyServer {
  readonly #log: ServeLog;
  readonly #sessions: SessionDirectory;
  readonly #shared: SharedState;
  readonly #rooms = new Map<ServedProtocol, ConnectionRoom>();
  /** Of all connections that this process may have. */
  readonly #share: number;
  readonly #listeners: Server[] = [];
  readonly endpoints: string[] = [];
  readonly #protocols: ReadonlySet<ServedProtocol>;
  #generation: Generation;
  #stopping: Promise<void> | null = null;
  readonly #whenEmpty: (() => void)[] = [];

  private constructor(
    log: ServeLog,
    protocols: ReadonlySet<ServedProtocol>,
    sessions: SessionDirectory,
    shared: SharedState,
    generation: Generation,
    share: number,
  ) {
    this.#share = share;
    this.#sessions = sessions;
    this.#shared = shared;
    this.#log = log;
    this.#protocols = protocols;
    this.#generation = generation;
  }

  /** Opens databases and listeners; throws before anything listens where something cannot be used. */
  static async start(options: ServerOptions): Promise<ProxyServer> {
    const configured = options.listenOnly === true ? { listeners: () => [] } : options.config.effective;
    const plan = planEndpoints(configured, options.listen, options.inherited, options.handed);
    const protocols = new Set(plan.endpoints.map(({ protocol }) => protocol));
    const sessions = new SessionDirectory();
    const shared = options.shared ?? new MemoryState();
    const generation = await openGeneration(options, protocols, sessions.counters, shared);
    const server = new ProxyServer(options.log, protocols, sessions, shared, generation, options.share ?? 1);
    try {
      await server.#listen(plan);
    } catch (error) {
      await server.stop(0);
      throw error;
    }
    return server;
  }

  async #listen(plan: EndpointPlan): Promise<void> {
    for (const notice of plan.notices) this.#log.line('dvproxy', 'warning', notice);
    for (const endpoint of plan.endpoints) {
      const listener = await openListener(endpoint, (socket, at) => this.#accept(socket, at));
      if (listener === null) {
        this.#log.line('dvproxy', 'warning', `no IPv6 here: ${endpointText(endpoint)} stays closed`);
        continue;
      }
      listener.on('error', (error) => this.#log.line('dvproxy', 'error', `accept: ${error.message}`));
      this.#listeners.push(listener);
      const bound = listener.address();
      const { address, port } = typeof bound === 'object' && bound !== null ? bound : endpoint;
      this.endpoints.push(endpointText({ ...endpoint, address: endpoint.address || address, port }));
    }
  }

  #accept(socket: Accepted, endpoint: Endpoint): void {
    const { protocol } = endpoint;
    const room = this.#roomOf(protocol);
    const { connections, warning } = this.#generation.limit(protocol);
    room.enter(
      { connections: Math.ceil(connections * this.#share), warning },
      {
        open: () => this.#open(socket, endpoint, room),
        drop: () => drop(socket),
        makeRoom: () => this.#sessions.makeRoom(protocol),
        warn: (text) => this.#log.line('master', 'warning', text),
      },
    );
  }

  #roomOf(protocol: ServedProtocol): ConnectionRoom {
    const known = this.#rooms.get(protocol);
    if (known !== undefined) return known;
    const room = new ConnectionRoom();
    this.#rooms.set(protocol, room);
    return room;
  }

  #open(socket: Accepted, endpoint: Endpoint, room: ConnectionRoom): void {
    const generation = this.#generation;
    generation.sessions += 1;
    this.#sessions.counters.connected(endpoint.protocol);
    let current: Session | null = null;
    const enter = (session: Session) => {
      if (current !== null) this.#sessions.remove(current);
      current = session;
      this.#sessions.add(session);
    };
    const done = () => {
      if (current !== null) this.#sessions.remove(current);
      room.leave();
      generation.sessions -= 1;
      void closeIfUnused(generation);
      if (this.#sessions.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
    };
    if (!endpoint.haproxy || !(socket instanceof Socket)) {
      enter(openSession(socket, endpoint, generation, done));
      return;
    }
    const { protocol } = endpoint;
    const login = generation.login(protocol);
    const entrance = new HaproxyEntrance(socket, {
      series: seriesOf(login.version),
      protocol,
      trustedNetworks: login.haproxyTrustedNetworks,
      timeoutMs: login.haproxyTimeout,
      process: protocol === 'lmtp' ? 'lmtp' : LOGIN_PROCESSES[protocol],
      log: this.#log,
      opened: (haproxy) => enter(openSession(socket, { ...endpoint, info: haproxy }, generation, done)),
      whenClosed: done,
    });
    enter(entrance);
    entrance.start();
  }

  /** What this process does and did. */
  get status(): ProcessStatus {
    return this.#sessions.status;
  }

  /** Ends sessions; gives their number. */
  kick(question: KickQuestion): number {
    return this.#sessions.kick(question);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** New sessions get this configuration from now on; throws, and changes nothing, where it cannot be used. */
  async reload(options: Omit<ServerOptions, 'listen'>): Promise<void> {
    await (await this.prepareReload(options)).use();
  }

  /** Opens databases and certificates of a configuration; throws where it cannot be used. */
  async prepareReload(options: Omit<ServerOptions, 'listen'>): Promise<PreparedReload> {
    const next = await openGeneration(options, this.#protocols, this.#sessions.counters, this.#shared);
    return {
      use: async () => {
        const old = this.#generation;
        this.#generation = next;
        old.retired = true;
        await closeIfUnused(old);
      },
      discard: () => next.close(),
    };
  }

  /** Stops accepting, lets sessions end, and cuts those that do not. */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    this.#stopping ??= this.#stopNow(drainMs);
    await this.#stopping;
  }

  async #stopNow(drainMs: number): Promise<void> {
    const closed = this.#closeListeners();
    await this.#drain(drainMs);
    await this.#finish(closed);
  }

  /** Stops accepting, and resolves when all sessions have ended by themselves: a successor accepts. */
  async retire(): Promise<void> {
    const closed = this.#closeListeners();
    await this.#empty();
    await this.#finish(closed);
  }

  async #closeListeners(): Promise<void> {
    await Promise.all(
      this.#listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve()))),
    );
  }

  async #finish(listenersClosed: Promise<void>): Promise<void> {
    await listenersClosed;
    this.#generation.retired = true;
    await closeIfUnused(this.#generation);
    this.#log.flush();
  }

  /** Resolves when no session is left. */
  async #empty(): Promise<void> {
    if (this.#sessions.size === 0) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  async #drain(drainMs: number): Promise<void> {
    const cut = () => {
      for (const session of this.#sessions.all) {
        const idle = session.idleMs;
        if (idle === null || idle >= DIE_IDLE_MS) session.shutDown();
      }
    };
    const sweep = setInterval(cut, 500);
    const limit = setTimeout(() => {
      for (const session of this.#sessions.all) session.shutDown();
      for (const session of this.#sessions.all) session.destroy();
    }, drainMs);
    cut();
    await this.#empty();
    clearInterval(sweep);
    clearTimeout(limit);
  }
}

function openSession(
  socket: Accepted,
  { protocol, name, implicitTls, info }: Endpoint & { readonly info?: HaproxyInfo },
  generation: Generation,
  done: () => void,
): Session {
  const accepted = { name, implicitTls, ...(info === undefined ? {} : { haproxy: info }) };
  if (protocol === 'lmtp') return new LmtpDriver(socket, accepted, generation.lmtp, done);
  return new SessionDriver(socket, { ...accepted, protocol }, generation.services, done);
}

/** A connection that was never opened. */
function drop(accepted: { destroy(): void } | { close(): void }): void {
  if ('destroy' in accepted) accepted.destroy();
  else accepted.close();
}

async function closeIfUnused(generation: Generation): Promise<void> {
  if (generation.retired && generation.sessions === 0) await generation.close();
}
