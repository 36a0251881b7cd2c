import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ServedProtocol } from '../../../src/proxy/login-protocols.js';

/** What a backend does instead of its n-th utterance; the greeting has the number 0. */
export type FaultKind = 'closes' | 'resets' | 'is silent' | 'says half' | 'says junk' | 'is slow';

export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
}

const GREETINGS: Readonly<Record<ServedProtocol, string>> = {
  imap: '* OK [CAPABILITY IMAP4rev1 SASL-IR ID] ready\r\n',
  pop3: '+OK ready\r\n',
  submission: '220 backend ready\r\n',
  sieve: '"IMPLEMENTATION" "backend"\r\n"SASL" "PLAIN"\r\n"VERSION" "1.0"\r\nOK "ready"\r\n',
  lmtp: '220 backend ready\r\n',
};

function answerTo(protocol: ServedProtocol, line: string): string {
  const [first = '', second = ''] = line.split(' ');
  switch (protocol) {
    case 'imap':
      if (second === 'ID') return `* ID NIL\r\n${first} OK\r\n`;
      return `${first} OK [CAPABILITY IMAP4rev1] done\r\n`;
    case 'pop3':
      return first === 'CAPA' ? '+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n' : '+OK\r\n';
    case 'submission':
      if (first === 'EHLO') return '250-backend\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n';
      return first === 'AUTH' ? '235 2.7.0 in\r\n' : '250 2.0.0 done\r\n';
    case 'sieve':
      return 'OK "done"\r\n';
    case 'lmtp':
      return first === 'LHLO'
        ? '250-backend\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING\r\n'
        : '250 2.1.0 done\r\n';
  }
}

/** A backend of any protocol that fails at one place. */
export class FaultBackend {
  readonly #protocol: ServedProtocol;
  readonly #fault: Fault | null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How often it has spoken in one connection. */
  utterances = 0;

  private constructor(protocol: ServedProtocol, fault: Fault | null) {
    this.#protocol = protocol;
    this.#fault = fault;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(protocol: ServedProtocol, fault: Fault | null): Promise<FaultBackend> {
    const backend = new FaultBackend(protocol, fault);
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

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    // What it says comes in order, however slow it is; after silence comes nothing.
    let last: Promise<boolean> = Promise.resolve(true);
    let number = 0;
    const say = (text: string) => {
      const own = number;
      number += 1;
      this.utterances = Math.max(this.utterances, number);
      last = last.then(async (goesOn) => goesOn && this.#say(socket, text, own));
    };
    say(GREETINGS[this.#protocol]);
    let input = '';
    socket.on('data', (chunk: Buffer) => {
      input += chunk.toString('latin1');
      for (let end = input.indexOf('\r\n'); end !== -1; end = input.indexOf('\r\n')) {
        const line = input.slice(0, end);
        input = input.slice(end + 2);
        say(answerTo(this.#protocol, line));
      }
    });
  }

  /** False: it says nothing more. */
  async #say(socket: Socket, text: string, number: number): Promise<boolean> {
    if (this.#fault === null || this.#fault.at !== number) {
      socket.write(text);
      return true;
    }
    switch (this.#fault.kind) {
      case 'closes':
        socket.end();
        return false;
      case 'resets':
        socket.resetAndDestroy();
        return false;
      case 'is silent':
        return false;
      case 'says half':
        socket.end(text.slice(0, text.length / 2));
        return false;
      case 'says junk':
        socket.end('\0\xff junk {99999999999999999999}\r\n', 'latin1');
        return false;
      case 'is slow':
        await drip(socket, text);
        return true;
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

/** Byte by byte. */
async function drip(socket: Socket, text: string): Promise<void> {
  for (const character of text) {
    socket.write(character, 'latin1');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
