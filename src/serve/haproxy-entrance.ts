import type { Socket } from 'node:net';
import { type GateOptions, type GateStep, HaproxyGate } from '../proxy/haproxy-gate.js';
import type { HaproxyInfo } from '../proxy/haproxy-header.js';
import { plainIp } from '../proxy/ip-address.js';
import type { ServeLog } from './log.js';
import type { Session } from './session-parts.js';

export interface EntranceOptions extends Omit<GateOptions, 'remoteIp'> {
  /** haproxy_timeout, milliseconds. */
  readonly timeoutMs: number;
  /** Name of the process in the log. */
  readonly process: string;
  readonly log: ServeLog;
  /** The header is there: what followed it is in the socket again. */
  readonly opened: (info: HaproxyInfo) => void;
  readonly whenClosed: () => void;
}

/** A connection of a `haproxy = yes` listener until its header has come. */
export class HaproxyEntrance implements Session {
  readonly idleMs = null;
  readonly record = null;
  readonly #socket: Socket;
  readonly #options: EntranceOptions;
  readonly #gate: HaproxyGate;
  readonly #timer: NodeJS.Timeout;
  #over = false;

  constructor(socket: Socket, options: EntranceOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#gate = new HaproxyGate({ ...options, remoteIp: plainIp(socket.remoteAddress ?? '') });
    this.#timer = setTimeout(() => this.#step(this.#gate.timedOut()), options.timeoutMs);
    socket.on('data', this.#onData);
    socket.on('error', () => undefined);
    socket.once('end', this.#onEnd);
    socket.once('close', this.#onClose);
  }

  /** To be called when the server knows of it. */
  start(): void {
    this.#step(this.#gate.start());
  }

  readonly #onData = (chunk: Buffer) => this.#step(this.#gate.received(chunk.toString('latin1')));
  readonly #onEnd = () => this.#socket.destroy();
  readonly #onClose = () => {
    this.#leave();
    this.#options.whenClosed();
  };

  #leave(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onClose);
  }

  #step(step: GateStep): void {
    if (this.#over || step.kind === 'waiting') return;
    const { log, process, opened } = this.#options;
    if (step.log !== null) log.line(process, step.log.level, step.log.text);
    if (step.kind === 'closed') {
      this.#socket.destroy();
      return;
    }
    this.#leave();
    if (step.rest !== '') this.#socket.unshift(Buffer.from(step.rest, 'latin1'));
    opened(step.info);
  }

  giveWay(): boolean {
    if (this.#socket.destroyed) return false;
    this.#socket.destroy();
    return true;
  }

  kick(): void {
    this.#socket.destroy();
  }

  shutDown(): void {
    this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
