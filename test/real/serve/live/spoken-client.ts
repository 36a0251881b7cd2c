import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServedProtocol } from '../../../../src/proxy/login-protocols.js';
import type { Step } from './case.js';

/** A whole answer to a line. */
const ANSWERS: Readonly<Record<ServedProtocol, RegExp>> = {
  imap: /^(?:(?!\*)\S+ (?:OK|NO|BAD)\b|\+|\* (?:BYE|OK \[))[^\n]*\n/m,
  pop3: /^(?:\+OK|-ERR|\+ )[^\n]*\n/m,
  submission: /^\d{3}(?: [^\n]*)?\n/m,
  lmtp: /^\d{3}(?: [^\n]*)?\n/m,
  sieve: /^(?:OK|NO|BYE)\b[^\n]*\n/m,
};

/** What is said to a client that asks for TLS, and to one that gets it. */
const ASKED_FOR_TLS = /(?:Begin TLS|TLS is already active|TLS support)[^\n]*\n/;
const GRANTED = /Begin TLS[^\n]*\n$/;

/** Generous: a machine may be very busy. */
const LIMIT_MS = 60_000;

export interface Spoken {
  /** Every byte that came, TLS taken off. */
  readonly heard: string;
  /** Set where a step was not answered in time. */
  readonly stuck: string | null;
}

export interface SpokenOptions {
  readonly protocol: ServedProtocol;
  readonly port: number;
  readonly localAddress: string;
  readonly implicitTls: boolean;
  readonly steps: readonly Step[];
  readonly user?: string;
  /** Silence of so many milliseconds is an answer, too; null: it is not. */
  readonly silenceMs?: number | null;
}

/** Between two writes that are to arrive as two. */
const PIECE_MS = 5;
/** Until everything is there that is said at once. */
const SETTLED_MS = 30;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Takes all steps, one after the other, and gives what was heard until the connection was over. */
export async function speak(options: SpokenOptions): Promise<Spoken> {
  const { protocol, port, localAddress, silenceMs = null } = options;
  let heard = '';
  let seen = 0;
  let ended = false;
  let wake: () => void = () => undefined;
  const watch = (socket: Socket) => {
    const over = () => {
      ended = true;
      wake();
    };
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      wake();
    });
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', () => undefined);
  };
  let socket: Socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  const secure = async (servername: string) => {
    socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('close');
    const over = connectTls({ socket, servername, rejectUnauthorized: false });
    await new Promise<void>((resolve) => {
      over.once('secureConnect', () => resolve());
      over.once('error', () => resolve());
      over.once('close', () => resolve());
    });
    heard += '<TLS>\n';
    seen = heard.length;
    socket = over;
    watch(over);
  };
  const until = async (pattern: RegExp | null, silence: number | null = null): Promise<boolean> => {
    const deadline = Date.now() + LIMIT_MS;
    while (!ended) {
      const before = heard.length;
      const match = pattern?.exec(heard.slice(seen));
      if (match !== null && match !== undefined) {
        seen += match.index + match[0].length;
        // More may come, and the end: who writes to one that is gone hears nothing of it.
        if (silence !== null) await pause(SETTLED_MS);
        return true;
      }
      if (Date.now() > deadline) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, silence ?? 1000);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (silence !== null && heard.length === before) return true;
    }
    return true;
  };
  watch(socket);
  if (options.implicitTls) await secure('proxy.example.com');
  let stuck: string | null = null;
  for (const step of options.steps) {
    if (stuck !== null || ended) break;
    let pattern: RegExp | null = ANSWERS[protocol];
    let isEnd = false;
    if (step === 'END') isEnd = true;
    else if (typeof step !== 'string' && 'respond' in step) {
      const last = heard.slice(0, seen).trimEnd().split('\r\n').at(-1) ?? '';
      pattern = step.until;
      socket.write(Buffer.from(step.respond(last, options.user ?? ''), 'latin1'));
    } else if (typeof step !== 'string' && 'tls' in step) {
      await secure(step.tls);
      continue;
    } else if (typeof step !== 'string' && 'upgrade' in step) {
      seen = heard.length;
      socket.write(step.upgrade);
      await until(ASKED_FOR_TLS, 4 * (silenceMs ?? 0));
      if (heard.endsWith('\n') && GRANTED.test(heard) && !ended) await secure('proxy.example.com');
      continue;
    } else if (typeof step !== 'string' && 'farewell' in step) {
      for (let time = 0; time < 2 && !ended; time++) {
        socket.write(step.farewell);
        await until(null, 4 * (silenceMs ?? 0));
      }
      continue;
    } else if (typeof step !== 'string' && 'pieces' in step) {
      seen = heard.length;
      for (const [index, piece] of step.pieces.entries()) {
        if (index > 0) await pause(PIECE_MS);
        if (!ended) socket.write(Buffer.from(piece, 'latin1'));
      }
    } else {
      const text = typeof step === 'string' ? (step === '' ? '' : `${step}\r\n`) : step.send;
      if (typeof step !== 'string') pattern = step.until;
      if (text !== '') socket.write(Buffer.from(text, 'latin1'));
      if (pattern === null) continue;
      // Who logs out leaves the end to the other side.
      isEnd = /(?:^|\s)(?:QUIT|LOGOUT)\r\n$/i.test(text);
    }
    const silence = isEnd || step === '' ? null : silenceMs;
    if (!(await until(isEnd ? null : pattern, silence))) stuck = JSON.stringify(step);
  }
  socket.end();
  if (stuck === null && !ended && !(await until(null))) stuck = 'the end';
  socket.destroy();
  return { heard, stuck };
}
