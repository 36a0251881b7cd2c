import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** What a relay does with connections. */
type RelayMode =
  /** Passes everything on. */
  | 'pass'
  /** Takes connections and says nothing. */
  | 'hang'
  /** Nobody listens. */
  | 'refuse';

/** A port in front of a server, with faults to order. */
export interface FaultyRelay {
  readonly port: number;
  /** Connections so far, and how many of them were open at the same time at most. */
  readonly taken: number;
  readonly most: number;
  readonly open: number;
  setMode(mode: RelayMode): Promise<void>;
  /** The next connection that sends these bytes is cut off instead of being answered; so many times. */
  cutAt(bytes: string, times?: number): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** `port`: 0 takes a free one. */
export async function startFaultyRelay(
  address: string,
  port: number,
  target: { readonly host: string; readonly port: number },
): Promise<FaultyRelay> {
  const sockets = new Set<Socket>();
  let mode: RelayMode = 'pass';
  let [taken, most, open] = [0, 0, 0];
  let fault: { bytes: string; times: number } | null = null;
  let own = port;

  const take = (client: Socket): void => {
    taken += 1;
    open += 1;
    most = Math.max(most, open);
    sockets.add(client);
    client.on('error', () => undefined);
    client.on('close', () => {
      open -= 1;
      sockets.delete(client);
    });
    if (mode === 'hang') return;
    const upstream = dial(target.port, target.host);
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => {
      sockets.delete(upstream);
      client.destroy();
    });
    client.on('close', () => upstream.destroy());
    client.on('data', (data: Buffer) => {
      if (fault !== null && fault.times > 0 && data.toString('latin1').includes(fault.bytes)) {
        fault.times -= 1;
        client.destroy();
      } else if (mode !== 'hang') upstream.write(data);
    });
    upstream.on('data', (data: Buffer) => {
      if (mode !== 'hang') client.write(data);
    });
  };

  let server: Server | null = null;
  const listen = async (): Promise<void> => {
    const fresh = createServer(take);
    await new Promise<void>((resolve, reject) => {
      fresh.once('error', reject);
      fresh.listen(own, address, resolve);
    });
    const bound = fresh.address();
    if (bound !== null && typeof bound === 'object') own = bound.port;
    server = fresh;
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    const running = server;
    server = null;
    cut();
    if (running !== null) await new Promise((resolve) => running.close(resolve));
  };
  await listen();
  return {
    get port() {
      return own;
    },
    get taken() {
      return taken;
    },
    get most() {
      return most;
    },
    get open() {
      return open;
    },
    async setMode(wanted) {
      mode = wanted;
      if (wanted === 'refuse') await stop();
      else if (server === null) await listen();
    },
    cutAt(bytes, times = 1) {
      fault = { bytes, times };
    },
    cut,
    close: stop,
  };
}
