import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { listeningSockets } from '../../../src/serve/operation/listening-sockets.js';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

/** The port that was given out; null: the machine has no such address. */
async function listen(host: string): Promise<number | null> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

test.skipIf(process.platform !== 'linux')('sockets that listen are found by their address', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0', '::1', '::']) {
    const port = await listen(host);
    if (port === null) console.warn(`skipped: no ${host} here`);
    else
      expect(listeningSockets().filter((socket) => socket.port === port)).toEqual([
        { descriptor: expect.any(Number), address: host, port },
      ]);
  }
});
