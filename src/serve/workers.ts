import cluster, { type Worker } from 'node:cluster';
import type { ServeLog } from './log.js';
import { joinStatus, type KickQuestion, type Operator, type ProxyStatus } from './operation/operator.js';
import { isKind } from './operation/process-message.js';
import { shareWith } from './operation/shared-line.js';
import type { BackendAction, MemoryState } from './operation/shared-state.js';
import { kickAt, reloadAt, retireAt, statusOf } from './operation/worker-line.js';

/** A worker that dies sooner than that is started again only after as long. */
const RESTART_MS = 1000;

interface ReadyMessage {
  readonly kind: 'ready';
  readonly endpoints: readonly string[];
}

/**
 * Node's arguments for a worker: room of 4 MiB for objects that live short. With the 16 that V8 takes alone logins cost
 * as much or more, and a worker keeps up to 32 MiB that no session uses. What the operator says of it holds.
 */
export function workerArguments(own: readonly string[], nodeOptions: string): string[] {
  const isSet = [...own, nodeOptions].some((text) => /semi[-_]space/.test(text));
  return isSet ? [...own] : [...own, '--max-semi-space-size=4'];
}

/** Whether this process is one of several that serve. */
export function isWorker(): boolean {
  return cluster.isWorker;
}

/** Tells the supervising process that this worker accepts connections. */
export function reportReady(endpoints: readonly string[]): void {
  process.send?.({ kind: 'ready', endpoints } satisfies ReadyMessage);
}

/** The worker has nothing more to do: without the line to its supervisor it ends. */
export function leave(): void {
  cluster.worker?.disconnect();
}

/**
 * Keeps several processes that serve: all share the listening sockets, the kernel hands out connections. A worker that
 * dies is started again; signals are passed on.
 */
export class WorkerSupervisor implements Operator {
  readonly #count: number;
  readonly #log: ServeLog;
  readonly #dovecot: string;
  readonly #state: MemoryState;
  readonly #replace: () => Promise<void>;
  readonly #started = new Date().toISOString();
  /** Those that answer: one that starts hears nothing yet. */
  readonly #ready = new Set<Worker>();
  #endpoints: readonly string[] = [];
  #stopping = false;
  #timers = new Set<NodeJS.Timeout>();
  #whenGone: () => void = () => undefined;

  /** `dovecot`: the version whose configuration is served; `replace` starts a successor of this process. */
  constructor(
    count: number,
    dovecot: string,
    log: ServeLog,
    state: MemoryState,
    replace: () => Promise<void>,
  ) {
    this.#dovecot = dovecot;
    this.#state = state;
    this.#replace = replace;
    this.#count = count;
    this.#log = log;
    // Handing each connection over costs half as much again as letting workers accept for themselves.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ execArgv: workerArguments(process.execArgv, process.env['NODE_OPTIONS'] ?? '') });
  }

  /**
   * Starts all workers and calls `ready` when they accept; resolves with an exit code when all are gone. The first one
   * goes ahead: what it cannot do, nobody can.
   */
  async run(ready: (endpoints: readonly string[]) => void | Promise<void>): Promise<number> {
    const first = await this.#startOne();
    if (typeof first === 'number') return first;
    const others = await Promise.all(Array.from({ length: this.#count - 1 }, () => this.#startOne()));
    const failed = others.find((other) => typeof other === 'number');
    if (typeof failed === 'number') {
      this.#stop('SIGTERM');
      return failed;
    }
    cluster.on('exit', (worker, code, signal) => this.#onExit(worker, code, signal));
    // Whichever of the two comes last takes it from the list.
    cluster.on('disconnect', () => this.#endIfGone());
    const stop = () => this.#stop('SIGTERM');
    const reopen = () => this.#signal('SIGUSR1');
    process.on('SIGUSR1', reopen);
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    this.#endpoints = first;
    await ready(first);
    await new Promise<void>((resolve) => {
      this.#whenGone = resolve;
      this.#endIfGone();
    });
    process.off('SIGUSR1', reopen);
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    return 0;
  }

  /** Endpoints of a worker that is ready, or the exit code of one that never was. */
  #startOne(): Promise<readonly string[] | number> {
    const worker = this.#fork();
    return new Promise((resolve) => {
      worker.once('exit', (code) => resolve(code ?? 1));
      worker.on('message', (message: unknown) => {
        if (isKind<ReadyMessage>(message, 'ready')) resolve(message.endpoints);
      });
    });
  }

  #fork(): Worker {
    const worker = cluster.fork();
    shareWith(worker, this.#state);
    worker.on('message', (message: unknown) => {
      if (isKind<ReadyMessage>(message, 'ready')) this.#ready.add(worker);
    });
    worker.once('exit', () => this.#ready.delete(worker));
    // What is sent to one that ends just now fails: its exit says the same.
    worker.on('error', () => undefined);
    return worker;
  }

  get #workers(): Worker[] {
    return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  }

  async status(): Promise<ProxyStatus> {
    // One that ends just now has nothing to tell.
    const told = await Promise.allSettled([...this.#ready].map(statusOf));
    const parts = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return {
      dovecot: this.#dovecot,
      pid: process.pid,
      workers: parts.length,
      started: this.#started,
      endpoints: this.#endpoints,
      ...joinStatus(parts),
      backends: this.#state.backends,
    };
  }

  async kick(question: KickQuestion): Promise<number> {
    const counts = await Promise.all([...this.#ready].map((worker) => kickAt(worker, question)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async changeBackend(action: BackendAction, place: string): Promise<boolean> {
    return this.#state.change(action, place);
  }

  async reload(): Promise<void> {
    await reloadAt([...this.#ready]);
  }

  /** The workers of the successor share the sockets already when those of this process close theirs. */
  async restart(): Promise<void> {
    await this.#replace();
    this.#startNoMore();
    for (const worker of this.#workers) if (!this.#ready.has(worker)) worker.process.kill('SIGTERM');
    await Promise.allSettled([...this.#ready].map(retireAt));
    this.#endIfGone();
  }

  async stop(): Promise<void> {
    this.#stop('SIGTERM');
  }

  #signal(signal: NodeJS.Signals): void {
    for (const worker of this.#workers) worker.process.kill(signal);
  }

  #stop(signal: NodeJS.Signals): void {
    this.#startNoMore();
    this.#signal(signal);
    this.#endIfGone();
  }

  #startNoMore(): void {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #endIfGone(): void {
    if (this.#stopping && this.#workers.length === 0) this.#whenGone();
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    this.#endIfGone();
    if (this.#stopping) return;
    const how = signal === null ? `returned ${code ?? 0}` : `was killed with ${signal}`;
    this.#log.line('dvproxy', 'error', `worker ${worker.process.pid ?? 0} ${how}, starting another`);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#fork();
    }, RESTART_MS);
    this.#timers.add(timer);
  }
}
