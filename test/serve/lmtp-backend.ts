import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface LmtpBackendScript {
  readonly capabilities?: readonly string[];
  /** Answers to the message, one for each recipient that was accepted; in turn. */
  readonly dataReplies?: readonly string[];
  /** Closes the connection when a line matches. */
  readonly closeAt?: RegExp;
}

/** An LMTP server that keeps what it gets, on a free port of 127.0.0.1. */
export class LmtpBackendDouble {
  readonly lines: string[] = [];
  /** Contents of messages, dots taken out. */
  readonly messages: string[] = [];
  readonly #script: LmtpBackendScript;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(script: LmtpBackendScript) {
    this.#script = script;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#talk(socket));
  }

  static async start(script: LmtpBackendScript = {}): Promise<LmtpBackendDouble> {
    const backend = new LmtpBackendDouble(script);
    await new Promise<void>((resolve) => {
      backend.#server.listen(0, '127.0.0.1', resolve);
    });
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
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

  #talk(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.write('220 backend.example.com LMTP\r\n');
    let input = Buffer.alloc(0);
    let recipients = 0;
    let message: Buffer[] = [];
    let chunk: { left: number; last: boolean } | null = null;
    let reading = false;
    const finish = () => {
      this.messages.push(Buffer.concat(message).toString('latin1'));
      message = [];
      for (let index = 0; index < recipients; index++)
        socket.write(`${this.#script.dataReplies?.[index] ?? '250 2.0.0 Saved'}\r\n`);
      recipients = 0;
    };
    const take = (): boolean => {
      if (chunk !== null) {
        const part = input.subarray(0, chunk.left);
        message.push(part);
        input = input.subarray(part.length);
        chunk.left -= part.length;
        if (chunk.left > 0) return false;
        if (chunk.last) finish();
        else socket.write('250 2.0.0 chunk\r\n');
        chunk = null;
        return true;
      }
      const end = input.indexOf('\n');
      if (end === -1) return false;
      const line = input.subarray(0, end + 1);
      input = input.subarray(end + 1);
      const text = line.toString('latin1').trimEnd();
      if (reading) {
        if (text === '.') {
          reading = false;
          finish();
        } else message.push(line[0] === 0x2e ? line.subarray(1) : line);
        return true;
      }
      this.lines.push(text);
      if (this.#script.closeAt?.test(text) === true) {
        socket.destroy();
        return false;
      }
      const bdat = /^BDAT (\d+)( LAST)?$/.exec(text);
      if (bdat !== null) chunk = { left: Number(bdat[1]), last: bdat[2] !== undefined };
      else if (text === 'DATA') {
        reading = true;
        socket.write('354 go on\r\n');
      } else if (text.startsWith('LHLO')) {
        const names = ['backend.example.com', ...(this.#script.capabilities ?? ['PIPELINING', 'CHUNKING'])];
        socket.write(
          names.map((name, at) => `250${at === names.length - 1 ? ' ' : '-'}${name}\r\n`).join(''),
        );
      } else if (text === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
      else {
        if (text.startsWith('RCPT')) recipients += 1;
        socket.write('250 2.0.0 OK\r\n');
      }
      return true;
    };
    socket.on('data', (data: Buffer) => {
      input = Buffer.concat([input, data]);
      while (take());
    });
  }
}
