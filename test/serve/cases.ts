import { afterEach } from 'vitest';
import type { ServedProtocol } from '../../src/proxy/login-protocols.js';
import { type LineAnswer, LineBackend } from './line-backend.js';
import { RunningProxy } from './running-proxy.js';
import { type BackendScript, ScriptedBackend } from './scripted-backend.js';
import { ScriptedClient } from './scripted-client.js';

/** Starts what a test needs and ends it afterwards. */
export interface Cases {
  backend(script?: BackendScript): Promise<ScriptedBackend>;
  lineBackend(
    greeting: string,
    answer: (line: string, secured: boolean) => LineAnswer | string,
  ): Promise<LineBackend>;
  proxy(
    users: readonly string[],
    settings?: string,
    configured?: readonly ServedProtocol[],
  ): Promise<RunningProxy>;
  /** Connected, greeting read. */
  client(proxy: RunningProxy): Promise<ScriptedClient>;
  tlsClient(proxy: RunningProxy, serverName?: string): Promise<ScriptedClient>;
  /** Connected to any listener, nothing read. */
  connect(
    proxy: RunningProxy,
    listener: ServedProtocol | `${ServedProtocol}s`,
    tls?: boolean,
    certificate?: string,
  ): Promise<ScriptedClient>;
}

/** One user named joe with the password `secret`. */
export function joe(port: number, more = ''): string {
  return `joe:secret::::::proxy host=127.0.0.1 port=${port} ${more}`;
}

/** To be called once in a test file. */
export function setUpCases(): Cases {
  const cleanups: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  const keep = <T>(thing: T, cleanup: () => Promise<void> | void): T => {
    cleanups.push(cleanup);
    return thing;
  };
  return {
    async backend(script = {}) {
      const backend = await ScriptedBackend.start(script);
      return keep(backend, () => backend.stop());
    },
    async lineBackend(greeting, answer) {
      const backend = await LineBackend.start(greeting, answer);
      return keep(backend, () => backend.stop());
    },
    async proxy(users, settings = '', configured = []) {
      const proxy = await RunningProxy.start(users, settings, configured);
      return keep(proxy, () => proxy.stop());
    },
    async client(proxy) {
      const client = await ScriptedClient.connect(proxy.port('imap'));
      await client.greeting();
      return keep(client, () => client.close());
    },
    async connect(proxy, listener, tls = false, certificate?: string) {
      const port = proxy.port(listener);
      const client = tls
        ? await ScriptedClient.connectTls(port, undefined, certificate)
        : await ScriptedClient.connect(port);
      return keep(client, () => client.close());
    },
    async tlsClient(proxy, serverName) {
      const client = await ScriptedClient.connectTls(proxy.port('imaps'), serverName);
      await client.greeting();
      return keep(client, () => client.close());
    },
  };
}
