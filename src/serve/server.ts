import type { Server, Socket } from 'node:net';
import type { Config } from '../config/config.js';
import { createDatabases, type Databases } from '../databases/open.js';
import type { LoginProtocol } from '../proxy/login-protocols.js';
import type { SystemVariables } from '../variables/scope.js';
import { Authenticator, type Resolve, resolveByDns } from './authenticator.js';
import {
  type Endpoint,
  type EndpointPlan,
  endpointText,
  type ListenOption,
  openListener,
  planEndpoints,
} from './listeners.js';
import type { ServeLog } from './log.js';
import { SessionDriver, type SessionServices } from './session-driver.js';
import { SessionSettings } from './session-settings.js';
import { type ReadFile, readRealFile } from './tls-context.js';

export interface ServerOptions {
  readonly config: Config;
  readonly listen: readonly ListenOption[];
  readonly fixtures: readonly string[];
  readonly log: ServeLog;
  readonly system: SystemVariables;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a path is really read from (`--map`). */
  readonly mapPath?: (path: string) => string;
  readonly resolve?: Resolve;
}

/** Sessions that are still open when the proxy stops have that long. */
const DRAIN_MS = 10_000;
/** A session without traffic for that long is cut at once. Dovecot login-proxy.c LOGIN_PROXY_DIE_IDLE_SECS */
const DIE_IDLE_MS = 2000;

/** What the sessions of one protocol work with. */
interface ProtocolServices {
  readonly settings: SessionSettings;
  readonly authenticator: Authenticator;
}

/** One loaded configuration with its databases. A reload makes another; sessions stay with theirs. */
interface Generation {
  readonly services: SessionServices;
  readonly databases: Databases;
  readonly authenticators: readonly Authenticator[];
  sessions: number;
  retired: boolean;
}

/** The proxy: listeners, sessions, and the configuration that new sessions get. */
export class ProxyServer {
  readonly #log: ServeLog;
  readonly #sessions = new Set<SessionDriver>();
  readonly #listeners: Server[] = [];
  readonly endpoints: string[] = [];
  readonly #protocols: ReadonlySet<LoginProtocol>;
  #generation: Generation;
  #draining = false;
  #whenEmpty: (() => void) | null = null;

  private constructor(log: ServeLog, protocols: ReadonlySet<LoginProtocol>, generation: Generation) {
    this.#log = log;
    this.#protocols = protocols;
    this.#generation = generation;
  }

  /** Opens databases and listeners; throws before anything listens where something cannot be used. */
  static async start(options: ServerOptions): Promise<ProxyServer> {
    const plan = planEndpoints(options.config.effective, options.listen);
    const protocols = new Set(plan.endpoints.map(({ protocol }) => protocol));
    const generation = await openGeneration(options, protocols);
    const server = new ProxyServer(options.log, protocols, generation);
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
      const port = typeof bound === 'object' && bound !== null ? bound.port : endpoint.port;
      this.endpoints.push(endpointText({ ...endpoint, port }));
    }
  }

  #accept(socket: Socket, endpoint: Endpoint): void {
    const generation = this.#generation;
    generation.sessions += 1;
    const done = () => {
      this.#sessions.delete(driver);
      generation.sessions -= 1;
      void closeIfUnused(generation);
      if (this.#sessions.size === 0) this.#whenEmpty?.();
    };
    const { protocol, name, implicitTls } = endpoint;
    const acceptedBy = { protocol, name, implicitTls };
    const driver: SessionDriver = new SessionDriver(socket, acceptedBy, generation.services, done);
    this.#sessions.add(driver);
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** New sessions get this configuration from now on; throws, and changes nothing, where it cannot be used. */
  async reload(options: Omit<ServerOptions, 'listen'>): Promise<void> {
    const next = await openGeneration(options, this.#protocols);
    const old = this.#generation;
    this.#generation = next;
    old.retired = true;
    await closeIfUnused(old);
  }

  /** Stops accepting, lets sessions end, and cuts those that do not. */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const closed = this.#listeners.map(
      (listener) => new Promise<void>((resolve) => listener.close(() => resolve())),
    );
    await this.#drain(drainMs);
    await Promise.all(closed);
    this.#generation.retired = true;
    await closeIfUnused(this.#generation);
    this.#log.flush();
  }

  async #drain(drainMs: number): Promise<void> {
    if (this.#sessions.size === 0) return;
    const cut = () => {
      for (const session of [...this.#sessions]) {
        const idle = session.idleMs;
        if (idle === null || idle >= DIE_IDLE_MS) session.shutDown();
      }
    };
    await new Promise<void>((resolve) => {
      const sweep = setInterval(cut, 500);
      const limit = setTimeout(() => {
        for (const session of [...this.#sessions]) session.shutDown();
        for (const session of [...this.#sessions]) session.destroy();
      }, drainMs);
      this.#whenEmpty = () => {
        clearInterval(sweep);
        clearTimeout(limit);
        resolve();
      };
      cut();
      if (this.#sessions.size === 0) this.#whenEmpty();
    });
    this.#whenEmpty = null;
  }
}

/** The auth settings may differ between protocols: each has a chain of its own. */
async function openGeneration(
  options: Omit<ServerOptions, 'listen'>,
  protocols: ReadonlySet<LoginProtocol>,
): Promise<Generation> {
  const { config, fixtures, log, system, environment } = options;
  const mapPath = options.mapPath ?? ((path: string) => path);
  const readFile: ReadFile = (path) => readRealFile(mapPath(path));
  const prepared = [...protocols].map((protocol) => {
    const auth = config.effective.auth({ protocol });
    const settings = new SessionSettings(config.effective, protocol, auth, system, readFile);
    settings.check();
    return { protocol, auth, settings };
  });
  const databases = createDatabases({ config, fixtures, mapPath });
  const served = new Map<LoginProtocol, ProtocolServices>();
  const authenticators: Authenticator[] = [];
  try {
    for (const { protocol, auth, settings } of prepared) {
      const resolve = options.resolve ?? resolveByDns;
      const authenticator = await Authenticator.open({
        settings: auth,
        databases,
        system,
        resolve,
        log,
        environment,
      });
      authenticators.push(authenticator);
      served.set(protocol, { settings, authenticator });
    }
  } catch (error) {
    for (const authenticator of authenticators) await authenticator.close();
    await databases.close();
    throw error;
  }
  const of = (protocol: string): ProtocolServices => {
    for (const [name, services] of served) if (name === protocol) return services;
    throw new Error(`protocol ${protocol} is not served`);
  };
  const services: SessionServices = {
    log,
    environment: (protocol, addresses) => of(protocol).settings.environment(addresses),
    tls: (protocol, addresses) => of(protocol).settings.tls(addresses),
    authenticate: (request, signal) => of(request.protocol).authenticator.authenticate(request, signal),
  };
  return { services, databases, authenticators, sessions: 0, retired: false };
}

async function closeIfUnused(generation: Generation): Promise<void> {
  if (!generation.retired || generation.sessions > 0) return;
  for (const authenticator of generation.authenticators) await authenticator.close();
  await generation.databases.close();
}
