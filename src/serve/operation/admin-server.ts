import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type AdminReply, MAX_REQUEST, readRequest } from './admin-protocol.js';
import type { Operator } from './operator.js';

/** The socket exists and somebody answers on it, or it cannot be made. */
export class AdminSocketError extends Error {}

/**
 * The socket that `dvproxy who`, `kick`, `reload`, `stop` and `stats` talk to. Whoever may open it may do all of that: it
 * belongs to the user who runs the proxy, and to nobody else.
 */
export class AdminServer {
  readonly #path: string;
  readonly #server: Server;
  #closed: Promise<void> | null = null;

  private constructor(path: string, server: Server) {
    this.#path = path;
    this.#server = server;
  }

  static async open(path: string, operator: Operator): Promise<AdminServer> {
    await removeLeftover(path);
    const server = createServer({ allowHalfOpen: true }, (socket) => answer(socket, operator));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new AdminSocketError(`admin socket ${path}: ${error.message}`)));
      const mask = process.umask(0o177);
      server.listen(path, resolve);
      process.umask(mask);
    });
    chmodSync(path, 0o600);
    return new AdminServer(path, server);
  }

  /** Answers nobody new from now on; resolves when those who asked before have their answers. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      try {
        unlinkSync(this.#path);
      } catch {
        // Gone already.
      }
    });
    return this.#closed;
  }
}

/** A socket that a dead proxy left behind is in the way; that of a living one stays. */
async function removeLeftover(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new AdminSocketError(`admin socket ${path}: the file exists and is no socket`);
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (isAnswered) throw new AdminSocketError(`admin socket ${path}: another proxy answers on it`);
  unlinkSync(path);
}

function answer(socket: Socket, operator: Operator): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end === -1) {
      if (text.length > MAX_REQUEST) socket.destroy();
      return;
    }
    socket.pause();
    void replyTo(text.slice(0, end), operator).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
}

async function replyTo(line: string, operator: Operator): Promise<AdminReply> {
  const request = readRequest(line);
  if (typeof request === 'string') return { schema: 1, ok: false, error: request };
  try {
    switch (request.command) {
      case 'status':
        return { schema: 1, ok: true, status: await operator.status() };
      case 'kick':
        return { schema: 1, ok: true, kicked: await operator.kick(request) };
      case 'backend':
        return {
          schema: 1,
          ok: true,
          changed: await operator.changeBackend(request.action, request.place),
        };
      case 'restart':
        await operator.restart();
        return { schema: 1, ok: true };
      case 'reload':
        await operator.reload();
        return { schema: 1, ok: true };
      case 'stop':
        await operator.stop();
        return { schema: 1, ok: true };
    }
  } catch (error) {
    return { schema: 1, ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
