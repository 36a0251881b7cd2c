import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { TlsEvents, TlsPeer } from '../../src/serve/connection.js';
import { acceptHandles, type TcpHandle } from '../../src/serve/node-handles.js';
import { PlainConnection } from '../../src/serve/plain-connection.js';
import { TlsConnection } from '../../src/serve/tls-connection.js';
import { hasTlsHandles } from '../../src/serve/tls-handles.js';
import { clientTls } from '../../src/serve/tls-start.js';
import { tlsFile } from './tls-files.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const MIB = 1 << 20;

function contextOf(name: string) {
  return createSecureContext({ cert: tlsFile(`${name}.pem`), key: tlsFile(`${name}.key`) });
}

/** What a connection told, in order. */
class Story implements TlsEvents {
  readonly lines: string[] = [];
  /** How many chunks may come before no more is wanted. */
  room = Number.POSITIVE_INFINITY;
  received: Buffer[] = [];
  peer: TlsPeer | null = null;
  #wake: () => void = () => undefined;

  #tell(line: string): void {
    this.lines.push(line);
    this.#wake();
  }

  data(chunk: Buffer): boolean {
    this.received.push(Buffer.from(chunk));
    this.room -= 1;
    this.#tell(chunk.length > 100 ? 'data' : `data ${chunk.toString('latin1')}`);
    return this.room > 0;
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

  secured(peer: TlsPeer): void {
    this.peer = peer;
    this.#tell(`secured ${peer.protocol} ${peer.serverName}`);
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

interface Served {
  readonly connection: TlsConnection;
  readonly story: Story;
}

/** A server with the certificate of `proxy`; `stranger` for clients that ask for that name. */
async function serving(
  begin: { readonly early?: Buffer; readonly asks?: boolean } = {},
): Promise<{ readonly port: number; readonly accepted: Promise<Served> }> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
  });
  const context = contextOf('proxy');
  const stranger = contextOf('stranger');
  const accepted = new Promise<Served>((resolve) => {
    acceptHandles(server, (tcp: TcpHandle) => {
      const story = new Story();
      const early = begin.early === undefined ? [] : [begin.early];
      const options = {
        context,
        contextFor: (name: string) => (name === 'stranger' ? stranger : context),
        asksCertificate: begin.asks === true,
      };
      const connection = TlsConnection.server({ tcp, early }, options, story);
      cleanups.push(() => connection.destroy());
      resolve({ connection, story });
    });
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, accepted };
}

function client(port: number, options: ConnectionOptions = {}): TLSSocket {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  cleanups.push(() => {
    socket.destroy();
  });
  return socket;
}

function raw(port: number): Socket {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  cleanups.push(() => {
    socket.destroy();
  });
  return socket;
}

/** A stream above a socket that can still be used below it. */
function over(socket: Socket): Duplex {
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => socket.write(chunk, () => done()),
  });
  socket.on('data', (chunk: Buffer) => stream.push(chunk));
  return stream;
}

/** Without the orderly end that Node's own reset sends first. */
function reset(socket: Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('reset' in handle)) throw new Error('no handle');
  if (typeof handle.reset === 'function') handle.reset();
}

const told = (socket: Socket, event: string) => new Promise((resolve) => socket.once(event, resolve));

test('this Node has TLS as handles', () => {
  expect(hasTlsHandles()).toBe(true);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '%s: a handshake, words both ways, and an orderly end',
  async (version) => {
    const { port, accepted } = await serving();
    const socket = client(port, { servername: 'proxy', minVersion: version, maxVersion: version });
    const { connection, story } = await accepted;
    await story.until('secured');
    expect(connection.write('hello ')).toBe(true);
    connection.write(Buffer.from('there'));
    connection.write('');
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString();
    });
    socket.write('hi');
    await story.until('data');
    connection.destroySoon();
    await told(socket, 'end');
    expect(heard).toBe('hello there');
    await story.until('closed');
    expect(story.lines).toEqual([`secured ${version} proxy`, 'data hi', 'closed ']);
    expect(connection.destroyed).toBe(true);
  },
);

test('the certificate of the name that the client asks for is shown', async () => {
  const { port, accepted } = await serving();
  const socket = client(port, { servername: 'stranger' });
  const { story } = await accepted;
  await story.until('secured');
  expect(socket.getPeerCertificate().subject.CN).toBe('backend.example.com');
});

test('a certificate is asked for only where it is wanted, and its problem is told', async () => {
  for (const asks of [false, true]) {
    const { port, accepted } = await serving({ asks });
    client(port, { cert: tlsFile('stranger.pem'), key: tlsFile('stranger.key') });
    const { story } = await accepted;
    await story.until('secured');
    expect(story.peer?.certificate?.subject.CN).toBe(asks ? 'backend.example.com' : undefined);
    if (asks) expect(story.peer?.verifyProblem).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  }
});

test('bytes that are no handshake are an error of OpenSSL, and so are those that were read before', async () => {
  const first = await serving();
  raw(first.port).write('1 LOGIN joe secret\r\n');
  const { story } = await first.accepted;
  await story.until('closed');
  expect(story.lines).toEqual([expect.stringMatching(/^closed .*error:[0-9A-F]+:SSL routines:/)]);
  const second = await serving({ early: Buffer.from('1 LOGIN joe secret\r\n') });
  raw(second.port);
  const early = (await second.accepted).story;
  await early.until('closed');
  expect(early.lines).toEqual([expect.stringMatching(/^closed .*error:[0-9A-F]+:SSL routines:/)]);
});

test('an end within the handshake is an end, a reset is told as one', async () => {
  const first = await serving();
  raw(first.port).end(Buffer.from([0x16, 3, 1]));
  const { story } = await first.accepted;
  await story.until('end');
  const second = await serving();
  const socket = raw(second.port);
  await told(socket, 'connect');
  const { story: within } = await second.accepted;
  reset(socket);
  await within.until('closed');
  expect(within.lines).toEqual(['closed read ECONNRESET']);
});

test('a broken record behind the handshake is an error of OpenSSL', async () => {
  const { port, accepted } = await serving();
  const below = raw(port);
  client(0, { socket: over(below) });
  const { story: broken } = await accepted;
  await broken.until('secured');
  below.write(Buffer.from([0x17, 3, 3, 0, 20, ...Buffer.alloc(20)]));
  await broken.until('closed');
  expect(broken.lines.at(-1)).toMatch(/^closed .*error:[0-9A-F]+:SSL routines:.*bad record mac/);
});

test('what a slow reader does not take waits, is told as taken later, and is whole', async () => {
  const { port, accepted } = await serving();
  const socket = client(port);
  socket.pause();
  const { connection, story } = await accepted;
  await story.until('secured');
  const sent = Buffer.alloc(4 * MIB, 'abcdefg');
  let at = 0;
  while (at < sent.length && connection.write(sent.subarray(at, at + 65_536))) {
    at += 65_536;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(at).toBeLessThan(sent.length);
  expect(connection.waiting).toBeGreaterThan(0);
  connection.write(sent.subarray(at + 65_536));
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const ended = told(socket, 'end');
  socket.resume();
  await story.until('drained');
  connection.destroySoon();
  await ended;
  expect(Buffer.concat(received).equals(sent)).toBe(true);
  await story.until('closed');
});

test('more than is wanted is kept, in order, and an end waits behind it', async () => {
  const { port, accepted } = await serving();
  const socket = client(port);
  const { connection, story } = await accepted;
  await story.until('secured');
  story.room = 1;
  const sent = Buffer.alloc(MIB, 'abcdefg');
  socket.end(sent);
  await story.until('data');
  await new Promise((resolve) => setImmediate(resolve));
  expect(story.lines).not.toContain('end');
  for (;;) {
    story.room = 3;
    connection.resume();
    if (story.lines.includes('end')) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(Buffer.concat(story.received).equals(sent)).toBe(true);
});

test('one that is closed within its own events leaves nothing that runs', async () => {
  const { port, accepted } = await serving();
  const socket = client(port);
  const { connection, story } = await accepted;
  const data = story.data.bind(story);
  story.data = (chunk) => {
    connection.destroy();
    connection.write('late');
    return data(chunk);
  };
  await story.until('secured');
  socket.write('one');
  await story.until('closed');
  connection.destroy();
  expect(story.lines.slice(1)).toEqual(['data one', 'closed ']);
  expect(connection.waiting).toBe(0);
});

test('as a client it asks for a name and a protocol, and judges what it is shown', async () => {
  const { port, accepted } = await serving();
  const story = new Story();
  const clear = await new Promise<PlainConnection>((resolve) => {
    const made: PlainConnection = PlainConnection.connect('127.0.0.1', port, null, story, () =>
      resolve(made),
    );
  });
  const connection = clientTls(
    clear,
    { context: createSecureContext({ ca: [] }), serverName: 'stranger', applicationProtocol: 'imap' },
    story,
  );
  cleanups.push(() => connection.destroy());
  await story.until('secured');
  expect(story.peer?.certificate?.subject.CN).toBe('backend.example.com');
  expect(story.peer?.verifyProblem).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  const served = await accepted;
  await served.story.until('secured TLSv1.3 stranger');
  connection.write('hello');
  await served.story.until('data hello');
});
