import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { tlsFile } from './tls-files.js';

/** Answers to one line: text, or TLS after the text, or the end. */
export interface LineAnswer {
  readonly text: string;
  readonly next?: 'tls' | 'end';
}

/** A server of a protocol of lines that says what a test wants to hear, on a free port of 127.0.0.1. */
export class LineBackend {
  readonly lines: string[] = [];
  connections = 0;
  /** Addresses that connections came from. */
  readonly clients: string[] = [];
  readonly #greeting: string;
  readonly #answer: (line: string, secured: boolean) => LineAnswer | string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(greeting: string, answer: (line: string, secured: boolean) => LineAnswer | string) {
    this.#greeting = greeting;
    this.#answer = answer;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.connections += 1;
      this.clients.push(socket.remoteAddress ?? '');
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.write(this.#greeting);
      this.#talk(socket, false);
    });
  }

  /** `answer` says what to send for a line; '' = nothing. */
  static async start(
    greeting: string,
    answer: (line: string, secured: boolean) => LineAnswer | string,
  ): Promise<LineBackend> {
    const backend = new LineBackend(greeting, answer);
    await new Promise<void>((resolve) => {
      backend.#server.listen(0, '127.0.0.1', resolve);
    });
    return backend;
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo;
    return address.port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #talk(socket: Socket, secured: boolean): void {
    let input = '';
    const onData = (chunk: Buffer) => {
      input += chunk.toString('latin1');
      for (let end = input.indexOf('\n'); end !== -1; end = input.indexOf('\n')) {
        const line = input.slice(0, end).replace(/\r$/, '');
        input = input.slice(end + 1);
        this.lines.push(line);
        const answered = this.#answer(line, secured);
        const { text, next } = typeof answered === 'string' ? { text: answered } : answered;
        socket.write(Buffer.from(text, 'latin1'));
        if (next === 'end') socket.end();
        if (next !== 'tls') continue;
        socket.off('data', onData);
        const secureContext = createSecureContext({
          cert: tlsFile('backend.pem'),
          key: tlsFile('backend.key'),
        });
        const secure = new TLSSocket(socket, { isServer: true, secureContext });
        secure.on('error', () => undefined);
        this.#talk(secure, true);
        return;
      }
    };
    socket.on('data', onData);
    socket.on('end', () => socket.end());
  }
}
