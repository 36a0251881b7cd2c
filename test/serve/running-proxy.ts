import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import { SERVED_PROTOCOLS, type ServedProtocol } from '../../src/proxy/login-protocols.js';
import { ServeLog } from '../../src/serve/log.js';
import type { SharedState } from '../../src/serve/operation/shared-state.js';
import { ProxyServer, type ServerOptions } from '../../src/serve/server.js';
import { tlsPath } from './tls-files.js';

const BASE = (folder: string) => `
protocols = imap pop3 lmtp submission sieve
lmtp_proxy = yes
listen = 127.0.0.1
log_timestamp = ""
disable_plaintext_auth = no
auth_failure_delay = 0
auth_verbose = yes
login_proxy_max_reconnects = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
ssl = yes
ssl_cert = <${tlsPath('proxy.pem')}
ssl_key = <${tlsPath('proxy.key')}
ssl_ca = <${tlsPath('ca.pem')}
ssl_require_crl = no
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
  default_fields = nodelay
}
userdb {
  driver = static
  args = uid=1 gid=1 home=/nonexistent
}
`;

/** A proxy in this process with its own files and free ports. */
export class RunningProxy {
  readonly server: ProxyServer;
  readonly #folder: string;
  readonly #lines: string[];
  readonly #log: ServeLog;

  private constructor(server: ProxyServer, folder: string, lines: string[], log: ServeLog) {
    this.server = server;
    this.#folder = folder;
    this.#lines = lines;
    this.#log = log;
  }

  /**
   * `users`: passwd-file lines, such as `joe:secret::::::proxy host=127.0.0.1 port=1`. Protocols in `configured` have
   * the listeners of the settings, all others free ports.
   */
  static async start(
    users: readonly string[],
    settings = '',
    configured: readonly ServedProtocol[] = [],
    shared?: SharedState,
  ): Promise<RunningProxy> {
    const folder = mkdtempSync(join(tmpdir(), 'dvproxy-serve-'));
    const lines: string[] = [];
    const log = new ServeLog((text) => lines.push(...text.trimEnd().split('\n')), 'dovecot', '');
    try {
      writeFileSync(join(folder, 'users'), `${users.join('\n')}\n`);
      const options = RunningProxy.options(folder, settings, log, configured);
      const server = await ProxyServer.start(shared === undefined ? options : { ...options, shared });
      return new RunningProxy(server, folder, lines, log);
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  static options(
    folder: string,
    settings: string,
    log: ServeLog,
    configured: readonly ServedProtocol[] = [],
  ): ServerOptions {
    const path = join(folder, 'dovecot.conf');
    writeFileSync(path, BASE(folder) + settings);
    const config = loadConfig({ path, host: nodeConfigHost() });
    if (config.refusal !== null) throw new Error(`refused: ${config.refusal.message}`);
    return {
      config,
      listen: [
        ...SERVED_PROTOCOLS.filter((protocol) => !configured.includes(protocol)).flatMap((protocol) =>
          [false, true].map((implicitTls) => ({ protocol, address: '127.0.0.1', port: 0, implicitTls })),
        ),
      ],
      fixtures: [],
      log,
      system: {
        hostname: 'proxy',
        pid: 1,
        uid: 0,
        gid: 0,
        now: Date.now,
        randomBytes: (count) => new Uint8Array(count),
      },
      environment: {},
    };
  }

  async reload(settings: string): Promise<void> {
    await this.server.reload(RunningProxy.options(this.#folder, settings, this.#log));
  }

  addUser(line: string): void {
    writeFileSync(join(this.#folder, 'users'), `${line}\n`, { flag: 'a' });
  }

  port(name: ServedProtocol | `${ServedProtocol}s`): number {
    const endpoint = this.server.endpoints.find((text) => text.startsWith(`${name}=`)) ?? '';
    return Number(/:(\d+)$/.exec(endpoint)?.[1]);
  }

  /** Log lines so far. */
  get log(): readonly string[] {
    this.#log.flush();
    return this.#lines;
  }

  /** Waits until all sessions are over. */
  async idle(): Promise<void> {
    while (this.server.sessionCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async stop(): Promise<void> {
    await this.server.stop(1000);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
