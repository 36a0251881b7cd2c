import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { tlsFile } from './tls-files.js';

/** A client that sends what a test says and waits for what it expects. */
export class ScriptedClient {
  socket: Socket | TLSSocket;
  #input = '';
  #wake: () => void = () => undefined;
  ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#watch(socket);
  }

  /** `from`: the address to bind; another than 127.0.0.1 is another machine to the proxy. */
  static async connect(port: number, from = '127.0.0.1'): Promise<ScriptedClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new ScriptedClient(socket);
  }

  static async connectTls(
    port: number,
    servername = 'proxy.example.com',
    certificate?: string,
  ): Promise<ScriptedClient> {
    const client = await ScriptedClient.connect(port);
    await client.startTls(servername, certificate);
    return client;
  }

  #watch(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#input += chunk.toString('latin1');
      this.#wake();
    });
    const over = () => {
      this.ended = true;
      this.#wake();
    };
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', () => undefined);
  }

  /** `certificate`: one of fixtures/tls for the client to show. */
  async startTls(servername = 'proxy.example.com', certificate?: string): Promise<void> {
    this.socket.removeAllListeners('data');
    this.socket.removeAllListeners('end');
    const secure = connectTls({
      socket: this.socket,
      servername,
      rejectUnauthorized: false,
      ...(certificate === undefined
        ? {}
        : { cert: tlsFile(`${certificate}.pem`), key: tlsFile(`${certificate}.key`) }),
    });
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve);
      secure.once('error', reject);
    });
    this.socket = secure;
    this.#watch(secure);
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** Everything up to and with the first match. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#input);
      if (match !== null) {
        const end = match.index + match[0].length;
        const text = this.#input.slice(0, end);
        this.#input = this.#input.slice(end);
        return text;
      }
      if (this.ended) throw new Error(`ended before ${pattern}: ${JSON.stringify(this.#input)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends a command and returns everything up to its tagged answer. */
  async command(tag: string, text: string): Promise<string> {
    this.send(`${tag} ${text}\r\n`);
    return this.until(new RegExp(`(^|\\n)${tag} [^\\n]*\\n`));
  }

  async greeting(): Promise<string> {
    return this.until(/\* OK [^\n]*\n/);
  }

  /** Waits for the end and returns what was left. */
  async end(): Promise<string> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#input;
  }

  /** Hands the connection over, with what was read and not asked for. */
  detach(): { readonly socket: Socket; readonly early: Buffer } {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    const early = Buffer.from(this.#input, 'latin1');
    this.#input = '';
    return { socket: this.socket, early };
  }

  close(): void {
    this.socket.destroy();
  }
}
