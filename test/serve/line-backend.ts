import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { tlsFile } from './tls-files.js';

/** Answers to one line: text, or TLS after the text, or the end, or a reset. */
export interface LineAnswer {
  readonly text: string;
  readonly next?: 'tls' | 'end' | 'reset';
}

type Answering = (line: string, secured: boolean, connection: number) => LineAnswer | string;

interface LineBackendOptions {
  /** TLS before the greeting. */
  readonly implicitTls?: boolean;
}

/** A server of a protocol of lines that says what a test wants to hear, on a free port of 127.0.0.1. */
export class LineBackend {
  readonly lines: string[] = [];
  connections = 0;
  /** Addresses that connections came from. */
  readonly clients: string[] = [];
  /** Every byte of each connection, TLS taken off. */
  readonly heard: string[] = [];
  readonly #greeting: string;
  readonly #answer: Answering;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(greeting: string, answer: Answering, { implicitTls = false }: LineBackendOptions) {
    this.#greeting = greeting;
    this.#answer = answer;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const number = this.connections;
      this.connections += 1;
      this.clients.push(socket.remoteAddress ?? '');
      this.heard.push('');
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      const spoken = implicitTls ? this.#secure(socket, number) : socket;
      spoken.write(Buffer.from(this.#greeting, 'latin1'));
      this.#talk(spoken, implicitTls, number);
    });
  }

  /** `answer` says what to send for a line; '' = nothing. */
  static async start(
    greeting: string,
    answer: Answering,
    options: LineBackendOptions = {},
  ): Promise<LineBackend> {
    const backend = new LineBackend(greeting, answer, options);
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

  #secure(socket: Socket, number: number): TLSSocket {
    const secureContext = createSecureContext({ cert: tlsFile('backend.pem'), key: tlsFile('backend.key') });
    const secure = new TLSSocket(socket, { isServer: true, secureContext });
    secure.on('error', () => undefined);
    this.#record(number, '<TLS>\n');
    return secure;
  }

  #record(number: number, text: string): void {
    this.heard[number] = (this.heard[number] ?? '') + text;
  }

  #talk(socket: Socket, secured: boolean, number: number): void {
    let input = '';
    const onData = (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.#record(number, text);
      input += text;
      for (let end = input.indexOf('\n'); end !== -1; end = input.indexOf('\n')) {
        const line = input.slice(0, end).replace(/\r$/, '');
        input = input.slice(end + 1);
        this.lines.push(line);
        const answered = this.#answer(line, secured, number);
        const { text, next } = typeof answered === 'string' ? { text: answered } : answered;
        if (text !== '') socket.write(Buffer.from(text, 'latin1'));
        if (next === 'end') socket.end();
        if (next === 'reset') socket.resetAndDestroy();
        if (next !== 'tls') continue;
        socket.off('data', onData);
        this.#talk(this.#secure(socket, number), true, number);
        return;
      }
    };
    socket.on('data', onData);
    socket.on('end', () => socket.end());
  }
}
