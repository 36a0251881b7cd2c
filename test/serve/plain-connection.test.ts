import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ConnectionEvents } from '../../src/serve/connection.js';
import { PlainConnection } from '../../src/serve/plain-connection.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const MIB = 1 << 20;
/** tcpmux, which nobody runs. */
const NOBODYS_PORT = 1;

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function listening(): Promise<{ readonly port: number; readonly accepted: Promise<Socket> }> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => {
      cleanups.push(() => {
        socket.destroy();
      });
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
  cleanups.push(() => {
    server.close();
  });
  return { port: portOf(server), accepted };
}

/** What a connection told, in order. */
class Story implements ConnectionEvents {
  readonly lines: string[] = [];
  #wake: () => void = () => undefined;

  #tell(line: string): void {
    this.lines.push(line);
    this.#wake();
  }

  data(chunk: Buffer): boolean {
    this.#tell(`data ${chunk.toString('latin1')}`);
    return true;
  }

  holds(): boolean {
    return false;
  }

  end(): void {
    this.#tell('end');
  }

  drained(): void {
    this.#tell('drained');
  }

  closed(failure: Error | null): void {
    this.#tell(`closed ${failure?.message ?? ''}`);
  }

  async until(line: string): Promise<void> {
    while (!this.lines.some((one) => one.startsWith(line)))
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

async function connected(port: number, story: Story): Promise<PlainConnection> {
  const connection = await new Promise<PlainConnection>((resolve) => {
    const made: PlainConnection = PlainConnection.connect('127.0.0.1', port, null, story, () =>
      resolve(made),
    );
  });
  cleanups.push(() => connection.destroy());
  return connection;
}

test('what comes while nobody wants it waits, and so does an end behind it', async () => {
  const { port, accepted } = await listening();
  const story = new Story();
  const connection = await connected(port, story);
  connection.pause();
  const peer = await accepted;
  peer.end('late');
  await new Promise((resolve) => peer.once('finish', resolve));
  connection.write('x');
  await new Promise((resolve) => peer.once('data', resolve));
  expect(story.lines).toEqual([]);
  connection.resume();
  await story.until('end');
  expect(story.lines).toEqual(['data late', 'end']);
});

test('a reset is told even while nobody reads', async () => {
  const { port, accepted } = await listening();
  const story = new Story();
  const connection = await connected(port, story);
  connection.pause();
  (await accepted).resetAndDestroy();
  await story.until('closed');
  expect(story.lines).toEqual(['closed read ECONNRESET']);
  expect(connection.destroyed).toBe(true);
});

test('a write that the kernel does not take is told as taken later, and is whole', async () => {
  const { port, accepted } = await listening();
  const story = new Story();
  const connection = await connected(port, story);
  const peer = await accepted;
  peer.pause();
  const sent = Buffer.alloc(32 * MIB, 'abcdefg');
  expect(connection.write(sent)).toBe(false);
  expect(connection.waiting).toBeGreaterThan(0);
  const received: Buffer[] = [];
  peer.on('data', (chunk) => received.push(chunk));
  const ended = new Promise((resolve) => peer.once('end', resolve));
  connection.destroySoon();
  expect(connection.destroyed).toBe(false);
  peer.resume();
  await ended;
  expect(Buffer.concat(received).equals(sent)).toBe(true);
  await story.until('closed');
});

test('a connection that nobody takes is told with the address that it came from', async () => {
  const story = new Story();
  const connection = PlainConnection.connect('127.0.0.1', NOBODYS_PORT, '127.0.0.1', story, () => undefined);
  await story.until('closed');
  expect(story.lines).toEqual(['closed connect ECONNREFUSED']);
  expect(connection.local).toMatchObject({ address: '127.0.0.1', port: expect.any(Number) });
});

test('an address that is not of this machine cannot be come from', async () => {
  const { port } = await listening();
  const story = new Story();
  PlainConnection.connect('127.0.0.1', port, '192.0.2.1', story, () => undefined);
  await story.until('closed');
  expect(story.lines).toEqual(['closed connect EADDRNOTAVAIL']);
});
