import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Answered, untilProblem } from '../simulate/answers-in-order.js';
import type { UserRow } from '../simulate/user-table.js';
import { CommandFailure, EXIT_INTERNAL } from './exit-codes.js';
import { packageRoot } from './package-root.js';
import type { SimulateOptions } from './simulate-command.js';

export interface WorkerData {
  readonly options: SimulateOptions;
}

/** What ended a chunk of questions early. */
export type ChunkFailure =
  /** Dovecot would not start: its words. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number }
  | { readonly kind: 'internal'; readonly message: string };

/** The answers to one chunk, in the order of its questions; those before the failure where there is one. */
export interface ChunkAnswers {
  readonly answers: readonly unknown[];
  readonly failure: ChunkFailure | null;
}

/** A worker's auth process would not start; the message is what it says. */
export class RefusedInWorker extends Error {}

/** Questions that are handed out together: handing over costs little beside answering them. */
const CHUNK = 256;
/** Chunks a worker has at once: it works on one, and the next one waits. */
const CHUNKS_EACH = 2;

interface Waiting {
  readonly resolve: (answers: ChunkAnswers) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Room for new objects, in MB. What a look-up leaves behind holds memory outside of V8's heap (SQLite compiles a statement
 * for each query), which goes when these are swept: a small room is swept often.
 */
const YOUNG_GENERATION = 6;

/** One thread that answers chunks one after the other. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;
  #failure: Error | null = null;

  constructor(data: WorkerData) {
    // The built program, with its own drivers and chains.
    this.#worker = new Worker(join(packageRoot(), 'bin', 'dvproxy.js'), {
      argv: ['simulate-worker'],
      execArgv: [],
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
    });
    this.#worker.on('message', (answers: ChunkAnswers) => this.#waiting.shift()?.resolve(answers));
    this.#worker.on('error', (error: Error) => this.#fail(error.message));
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#fail(`it ended with ${code}`);
        resolve();
      });
    });
  }

  get load(): number {
    return this.#waiting.length;
  }

  answer(rows: readonly UserRow[]): Promise<ChunkAnswers> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(rows);
    });
  }

  /** Lets the databases be closed, or stops at once where answers are still to come that nobody wants. */
  async close(): Promise<void> {
    if (this.#waiting.length > 0) await this.#worker.terminate();
    else this.#worker.postMessage(null);
    await this.#ended;
  }

  #fail(words: string): void {
    this.#failure ??= new CommandFailure(`a worker failed: ${words}`, EXIT_INTERNAL);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** Threads that answer many questions, each with its own databases; answers come in the order of the questions. */
export class SimulateWorkers {
  readonly #threads: readonly Thread[];

  constructor(options: SimulateOptions) {
    this.#threads = Array.from({ length: options.workers }, () => new Thread({ options }));
  }

  /** Holds no more than a few chunks in memory. `Answer` is what the options ask for. */
  async *answers<Answer>(rows: AsyncIterable<UserRow>): AsyncGenerator<Answered<UserRow, Answer>> {
    const problems: unknown[] = [];
    const waiting: Handed[] = [];
    const most = this.#threads.length * CHUNKS_EACH;
    for await (const chunk of chunksOf(untilProblem(rows, problems))) {
      waiting.push(this.#handOut(chunk));
      const first = waiting.length >= most ? waiting.shift() : undefined;
      if (first !== undefined) yield* answered<Answer>(first);
    }
    for (const handed of waiting) yield* answered<Answer>(handed);
    for (const problem of problems) throw problem;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #handOut(rows: readonly UserRow[]): Handed {
    const [first, ...others] = this.#threads;
    const idlest = others.reduce(
      (one, other) => ((other?.load ?? 0) < (one?.load ?? 0) ? other : one),
      first,
    );
    const answers = idlest?.answer(rows) ?? Promise.reject(new Error('no workers'));
    // Whoever leaves the loop early leaves rejections behind that nobody waits for.
    answers.catch(() => undefined);
    return { rows, answers };
  }
}

interface Handed {
  readonly rows: readonly UserRow[];
  readonly answers: Promise<ChunkAnswers>;
}

async function* chunksOf(rows: AsyncIterable<UserRow>): AsyncGenerator<readonly UserRow[]> {
  let chunk: UserRow[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function* answered<Answer>({ rows, answers }: Handed): AsyncGenerator<Answered<UserRow, Answer>> {
  const { answers: all, failure } = await answers;
  // A worker with the same options has made it.
  for (const [at, row] of rows.entries()) if (at < all.length) yield { row, answer: all[at] as Answer };
  if (failure !== null) throw errorOf(failure);
}

function errorOf(failure: ChunkFailure): Error {
  switch (failure.kind) {
    case 'refused':
      return new RefusedInWorker(failure.message);
    case 'failed':
      return new CommandFailure(failure.message, failure.exitCode);
    case 'internal':
      return new Error(failure.message);
  }
}
