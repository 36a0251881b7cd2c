import { ChainRefused } from '../auth/chain.js';
import { SERVED_PROTOCOLS, type ServedProtocol } from '../proxy/login-protocols.js';
import { ServeLog } from '../serve/log.js';
import { ProxyServer } from '../serve/server.js';
import { mappedPath } from './config-file.js';
import { type LoadedConfiguration, mapsOf } from './library-configuration.js';
import { nodeSystem } from './node-system.js';

/** One address to listen on. */
export interface ListenAddress {
  readonly protocol: ServedProtocol;
  /** Left out: `127.0.0.1`. */
  readonly address?: string;
  /** 0 or left out: a free one. */
  readonly port?: number;
  /** TLS from the start. */
  readonly implicitTls?: boolean;
}

export interface ProxyOptions {
  /** The addresses to listen on, and no others; left out: those of the configuration. */
  readonly listen?: readonly ListenAddress[];
  /** Files that answer the databases instead. */
  readonly fixtures?: readonly string[];
  /** Takes each line of the log; left out: nobody does. */
  readonly log?: (line: string) => void;
  readonly logFormat?: 'dovecot' | 'json';
}

/** A proxy that runs in this process. */
export interface Proxy {
  /** `imap=127.0.0.1:1143`, with the ports that were taken. */
  readonly endpoints: readonly string[];
  /** Sessions that are open. */
  readonly sessionCount: number;
  /** New sessions get this configuration; rejects, and changes nothing, where it cannot be served. */
  reload(loaded: LoadedConfiguration): Promise<void>;
  /** Accepts nobody any more and resolves when all sessions are over; those that go on are cut after `drainMs` (10 s). */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Serves a configuration as `dvproxy serve` does, in this process. Rejects where Dovecot refuses the configuration
 * (unless it was loaded as lenient), a database's settings cannot be used (`ChainRefused`) or an address is taken.
 */
export async function createProxy(loaded: LoadedConfiguration, options: ProxyOptions = {}): Promise<Proxy> {
  const { listen, fixtures = [], logFormat = 'dovecot' } = options;
  const log = new ServeLog((text) => tell(text, options.log), logFormat, '');
  const own = (configuration: LoadedConfiguration) => {
    if (configuration.refusal !== null && configuration.options.lenient !== true)
      throw new ChainRefused(configuration.refusal, null);
    return {
      config: configuration.config,
      fixtures,
      log,
      system: nodeSystem(),
      environment: process.env,
      mapPath: mappedPath(mapsOf(configuration.options)),
    };
  };
  const server = await ProxyServer.start({
    ...own(loaded),
    listenOnly: listen !== undefined,
    listen: (listen ?? []).map(({ protocol, address = '127.0.0.1', port = 0, implicitTls = false }) => ({
      protocol: known(protocol),
      address,
      port,
      implicitTls,
    })),
  });
  return {
    endpoints: server.endpoints,
    get sessionCount() {
      return server.sessionCount;
    },
    reload: async (next) => server.reload(own(next)),
    stop: (drainMs) => server.stop(drainMs),
  };
}

function known(protocol: ServedProtocol): ServedProtocol {
  if (SERVED_PROTOCOLS.includes(protocol)) return protocol;
  throw new RangeError(`protocol ${protocol} is not served: there are ${SERVED_PROTOCOLS.join(', ')}`);
}

function tell(text: string, log: ((line: string) => void) | undefined): void {
  if (log === undefined) return;
  for (const line of text.split('\n')) if (line !== '') log(line);
}
