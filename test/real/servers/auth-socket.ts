import { connect, type Socket } from 'node:net';

/** One request on a socket of the auth process; texts are bytes. */
export interface SocketRequest {
  readonly user: string;
  /** null: a look-up (PASS), on a socket for masters. */
  readonly password: string | null;
  /** SASL mechanism; PLAIN and EXTERNAL send all at once, LOGIN answers two prompts. */
  readonly mechanism: 'PLAIN' | 'LOGIN' | 'EXTERNAL';
  /** Login name of a master user, as SASL authorization id. */
  readonly authorizationId: string;
  /** `service=imap`, `session=x`, ... */
  readonly parameters: readonly string[];
}

export interface SocketReply {
  /** OK, FAIL, PASS, NOTFOUND */
  readonly kind: string;
  readonly fields: readonly string[];
}

/** Milliseconds after which an answer is not expected any more. */
const PATIENCE = 20_000;

interface Waiting {
  readonly request: SocketRequest;
  prompts: number;
  resolve(reply: SocketReply): void;
}

const base64 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('base64');

const ESCAPED: Readonly<Record<string, string>> = { 0: '\0', 1: '\x01', t: '\t', r: '\r', n: '\n' };

/** Dovecot lib/strescape.c: str_tabunescape */
function unescaped(field: string): string {
  return field.replace(/\x01([01trn])/g, (_, letter: string) => ESCAPED[letter] ?? letter);
}

function escaped(field: string): string {
  return field.replace(
    /[\x01\t\r\n]/g,
    (byte) => `\x01${byte === '\x01' ? '1' : byte === '\t' ? 't' : byte === '\r' ? 'r' : 'n'}`,
  );
}

/** Asks a real auth process by one of its sockets, any number of requests at once. */
export class AuthSocket {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, Waiting>();
  #rest = '';
  #count = 0;
  #ready: Promise<void>;
  #isClosed = false;

  /** `master`: a socket for masters, which takes look-ups; else one for clients. */
  constructor(path: string, master: boolean) {
    this.#socket = connect(path);
    this.#socket.setEncoding('latin1');
    this.#ready = new Promise((resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('close', () => this.#closed(reject));
      this.#socket.on('data', (chunk: string) => {
        const lines = (this.#rest + chunk).split('\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line, resolve);
      });
    });
    this.#socket.write(master ? 'VERSION\t1\t1\n' : `VERSION\t1\t2\nCPID\t${process.pid}\n`, 'latin1');
  }

  async ask(request: SocketRequest): Promise<SocketReply> {
    await this.#ready;
    if (this.#isClosed) return { kind: 'CLOSED', fields: [] };
    this.#count += 1;
    const id = String(this.#count);
    const { user, password, mechanism, authorizationId } = request;
    const parameters = request.parameters.map((parameter) => `\t${escaped(parameter)}`).join('');
    const line =
      password === null
        ? `PASS\t${id}\t${escaped(user)}${parameters}\n`
        : mechanism === 'PLAIN'
          ? `AUTH\t${id}\tPLAIN${parameters}\tresp=${base64(`${authorizationId}\0${user}\0${password}`)}\n`
          : mechanism === 'EXTERNAL'
            ? `AUTH\t${id}\tEXTERNAL${parameters}\tresp=${base64(user)}\n`
            : `AUTH\t${id}\tLOGIN${parameters}\n`;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ kind: 'SILENT', fields: [] }), PATIENCE);
      const answered = (reply: SocketReply) => {
        clearTimeout(timer);
        resolve(reply);
      };
      this.#waiting.set(id, { request, prompts: 0, resolve: answered });
      this.#socket.write(line, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(line: string, ready: () => void): void {
    const [kind = '', id = '', ...fields] = line.split('\t');
    if (kind === 'DONE' || kind === 'SPID') ready();
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (kind === 'CONT') {
      const answer = waiting.prompts === 0 ? waiting.request.user : (waiting.request.password ?? '');
      waiting.prompts += 1;
      this.#socket.write(`CONT\t${id}\t${base64(answer)}\n`, 'latin1');
      return;
    }
    if (!['OK', 'FAIL', 'PASS', 'NOTFOUND'].includes(kind)) return;
    this.#waiting.delete(id);
    waiting.resolve({ kind, fields: fields.map(unescaped) });
  }

  #closed(reject: (error: Error) => void): void {
    this.#isClosed = true;
    reject(new Error('the auth process closed the connection'));
    for (const { resolve } of this.#waiting.values()) resolve({ kind: 'CLOSED', fields: [] });
    this.#waiting.clear();
  }
}
