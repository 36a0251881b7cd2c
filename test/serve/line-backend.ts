import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { tlsFile } from './tls-files.js';

/** Answers to one line: text, or TLS after the text, or the end, or a reset. */
export interface LineAnswer {
  readonly text: string;
  readonly next?: 'tls' | 'end' | 'reset';
  /** So many bytes that follow the line are no lines; the text is said behind them. */
  readonly payload?: number;
}

type Answering = (line: string, secured: boolean, connection: number) => LineAnswer | string;

interface LineBackendOptions {
  /** TLS before the greeting. */
  readonly implicitTls?: boolean;
  /** What is written alone, in turn. */
  readonly pieces?: (text: string) => readonly string[];
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
  readonly #pieces: (text: string) => readonly string[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(greeting: string, answer: Answering, options: LineBackendOptions) {
    const { implicitTls = false, pieces = (text: string) => [text] } = options;
    this.#greeting = greeting;
    this.#answer = answer;
    this.#pieces = pieces;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const number = this.connections;
      this.connections += 1;
      this.clients.push(socket.remoteAddress ?? '');
      this.heard.push('');
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      const spoken = implicitTls ? this.#secure(socket, number) : socket;
      this.#talk(spoken, implicitTls, number, this.#greeting);
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

  #talk(socket: Socket, secured: boolean, number: number, first = ''): void {
    let input = '';
    let payload: { left: number; readonly answer: LineAnswer } | null = null;
    const unsent: (() => void)[] = [];
    let sending = false;
    const send = async () => {
      if (sending) return;
      sending = true;
      for (let next = unsent.shift(); next !== undefined; next = unsent.shift()) {
        next();
        // One piece arrives before the next one is sent.
        if (unsent.length > 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      sending = false;
    };
    const end = (next: LineAnswer['next']) => {
      if (next === 'end') socket.end();
      if (next === 'reset') socket.resetAndDestroy();
      if (next !== 'tls') return;
      socket.off('data', onData);
      this.#talk(this.#secure(socket, number), true, number);
    };
    const say = ({ text, next }: LineAnswer) => {
      const pieces = text === '' ? [''] : this.#pieces(text);
      for (const [index, piece] of pieces.entries())
        unsent.push(() => {
          if (piece !== '') socket.write(Buffer.from(piece, 'latin1'));
          if (index === pieces.length - 1) end(next);
        });
      void send();
    };
    const step = (): boolean => {
      if (payload !== null) {
        const taken = Math.min(payload.left, input.length);
        input = input.slice(taken);
        payload.left -= taken;
        if (payload.left > 0) return false;
        say(payload.answer);
        payload = null;
        return true;
      }
      const newline = input.indexOf('\n');
      if (newline === -1) return false;
      const line = input.slice(0, newline).replace(/\r$/, '');
      input = input.slice(newline + 1);
      this.lines.push(line);
      const answered = this.#answer(line, secured, number);
      const answer = typeof answered === 'string' ? { text: answered } : answered;
      if (answer.payload === undefined) say(answer);
      else payload = { left: answer.payload, answer };
      return answer.next !== 'tls';
    };
    const onData = (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.#record(number, text);
      input += text;
      while (step());
    };
    socket.on('data', onData);
    socket.on('end', () => socket.end());
    say({ text: first });
  }
}
