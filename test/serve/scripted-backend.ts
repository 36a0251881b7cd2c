import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { tlsFile } from './tls-files.js';

export interface BackendScript {
  /** First line; null = says nothing. */
  readonly banner?: string | null;
  readonly tls?: 'none' | 'implicit' | 'starttls';
  /** Certificate by its name in fixtures/tls. */
  readonly certificate?: string;
  /** Closes the connection instead of answering the first line that matches. */
  readonly closeAt?: RegExp;
  /** Answer to the login line, without its tag. */
  readonly loginReply?: string;
  /** Everything after the login goes here instead. */
  readonly afterLogin?: (socket: Socket, early: Buffer) => void;
  /** Called with each connection, before anything is said. */
  readonly accepted?: (socket: Socket) => void;
  /** How bytes are sent; whole by default. */
  readonly send?: (socket: Socket, data: string) => void;
}

const CAPABILITY = 'IMAP4rev1 SASL-IR ID';

/** An IMAP server that says what a test wants to hear, on a free port of 127.0.0.1. */
export class ScriptedBackend {
  readonly lines: string[] = [];
  connections = 0;
  readonly #script: BackendScript;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(script: BackendScript) {
    this.#script = script;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(script: BackendScript = {}): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(script);
    await new Promise<void>((resolve) => {
      backend.#server.listen(0, '127.0.0.1', resolve);
    });
    return backend;
  }

  get port(): number {
    const address = this.#server.address() as AddressInfo;
    return address.port;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(raw: Socket): void {
    this.connections += 1;
    this.#sockets.add(raw);
    raw.on('close', () => this.#sockets.delete(raw));
    raw.on('error', () => undefined);
    this.#script.accepted?.(raw);
    if (this.#script.tls === 'implicit') this.#talk(this.#secure(raw), true);
    else this.#talk(raw, true);
  }

  #secure(raw: Socket): TLSSocket {
    const name = this.#script.certificate ?? 'backend';
    const secureContext = createSecureContext({ cert: tlsFile(`${name}.pem`), key: tlsFile(`${name}.key`) });
    const secure = new TLSSocket(raw, { isServer: true, secureContext });
    secure.on('error', () => undefined);
    return secure;
  }

  #talk(socket: Socket, greet: boolean): void {
    const { banner, tls } = this.#script;
    const capability = tls === 'starttls' ? `${CAPABILITY} STARTTLS` : CAPABILITY;
    if (greet && banner !== null) this.#send(socket, banner ?? `* OK [CAPABILITY ${capability}] ready\r\n`);
    let input = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      for (let end = input.indexOf('\n'); end !== -1; end = input.indexOf('\n')) {
        const line = input.subarray(0, end).toString('latin1').replace(/\r$/, '');
        input = input.subarray(end + 1);
        const next = this.#answer(socket, line);
        if (next === 'goon') continue;
        socket.off('data', onData);
        if (next === 'relay') this.#script.afterLogin?.(socket, input);
        return;
      }
    };
    socket.on('data', onData);
    socket.on('end', () => socket.end());
  }

  #send(socket: Socket, data: string): void {
    if (this.#script.send === undefined) socket.write(data);
    else this.#script.send(socket, data);
  }

  /** Answers one line; tells who goes on with the connection. */
  #answer(socket: Socket, line: string): 'goon' | 'relay' | 'elsewhere' {
    this.lines.push(line);
    if (this.#script.closeAt?.test(line) === true) {
      socket.destroy();
      return 'elsewhere';
    }
    const [tag = '', command = ''] = line.split(' ');
    switch (command.toUpperCase()) {
      case 'ID':
        this.#send(socket, `* ID NIL\r\n${tag} OK\r\n`);
        break;
      case 'CAPABILITY':
        this.#send(socket, `* CAPABILITY ${CAPABILITY}\r\n${tag} OK\r\n`);
        break;
      case 'STARTTLS':
        this.#send(socket, `${tag} OK go\r\n`);
        this.#talk(this.#secure(socket), false);
        return 'elsewhere';
      case 'LOGIN':
      case 'AUTHENTICATE':
        this.#send(
          socket,
          `${tag} ${this.#script.loginReply ?? `OK [CAPABILITY ${CAPABILITY} IDLE] in`}\r\n`,
        );
        if (this.#script.afterLogin !== undefined && this.#script.loginReply === undefined) return 'relay';
        break;
      case 'LOGOUT':
        this.#send(socket, `* BYE\r\n${tag} OK bye\r\n`);
        socket.end();
        return 'elsewhere';
      default:
        this.#send(socket, `${tag} OK done\r\n`);
    }
    return 'goon';
  }
}
