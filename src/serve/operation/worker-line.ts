import type { Worker } from 'node:cluster';
import type { KickQuestion, ProcessStatus } from './operator.js';
import { isKind } from './process-message.js';

/** What the supervisor asks a worker over the line between them. */
type Question =
  | { readonly command: 'status' }
  | { readonly command: 'kick'; readonly question: KickQuestion }
  /** Reads the configuration; nothing changes yet. */
  | { readonly command: 'prepare' }
  /** What was prepared is used, or thrown away. */
  | { readonly command: 'settle'; readonly use: boolean }
  /** Accepts nobody any more: a successor does. */
  | { readonly command: 'retire' };

interface Asked {
  readonly kind: 'asked';
  readonly id: number;
  readonly question: Question;
}

interface Told {
  readonly kind: 'told';
  readonly id: number;
  readonly error: string | null;
  readonly answer: unknown;
}

/** What a worker can be asked. */
export interface WorkerAnswers {
  status(): ProcessStatus;
  kick(question: KickQuestion): number;
  /** Reads the configuration; nothing changes yet. */
  prepare(): Promise<PreparedReload>;
  retire(): void;
}

/** A configuration that was read and can be used. */
export interface PreparedReload {
  /** New sessions get it from now on. */
  use(): Promise<void>;
  discard(): Promise<void>;
}

/** In a worker: answers what the supervisor asks. */
export function answerSupervisor(answers: WorkerAnswers): void {
  const reloads = new WorkerReloads(answers);
  process.on('message', (message: unknown) => {
    if (!isKind<Asked>(message, 'asked')) return;
    const { id, question } = message;
    const tell = (error: string | null, answer: unknown) =>
      process.send?.({ kind: 'told', id, error, answer } satisfies Told);
    answerTo(question, answers, reloads).then(
      (answer) => tell(null, answer ?? null),
      (error: unknown) => tell(error instanceof Error ? error.message : String(error), null),
    );
  });
}

/** The one reload that was prepared and not settled. */
class WorkerReloads {
  readonly #answers: WorkerAnswers;
  #prepared: PreparedReload | null = null;

  constructor(answers: WorkerAnswers) {
    this.#answers = answers;
  }

  async prepare(): Promise<void> {
    await this.settle(false);
    this.#prepared = await this.#answers.prepare();
  }

  async settle(use: boolean): Promise<void> {
    const prepared = this.#prepared;
    this.#prepared = null;
    if (use) await prepared?.use();
    else await prepared?.discard();
  }
}

async function answerTo(
  question: Question,
  answers: WorkerAnswers,
  reloads: WorkerReloads,
): Promise<unknown> {
  switch (question.command) {
    case 'status':
      return answers.status();
    case 'kick':
      return answers.kick(question.question);
    case 'prepare':
      return reloads.prepare();
    case 'settle':
      return reloads.settle(question.use);
    case 'retire':
      return answers.retire();
  }
}

/** A worker that is too busy, or gone, does not hold the others up for longer. */
const TIMEOUT_MS = 10_000;
let lastId = 0;

function ask(worker: Worker, question: Question): Promise<unknown> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      settle();
    };
    const onMessage = (message: unknown) => {
      if (!isKind<Told>(message, 'told') || message.id !== id) return;
      const { error, answer } = message;
      end(() => (error === null ? resolve(answer) : reject(new Error(error))));
    };
    const onExit = () => end(() => reject(new Error(`worker ${worker.process.pid ?? 0} is gone`)));
    const timer = setTimeout(
      () => end(() => reject(new Error(`worker ${worker.process.pid ?? 0} does not answer`))),
      TIMEOUT_MS,
    );
    worker.on('message', onMessage);
    worker.on('exit', onExit);
    worker.send({ kind: 'asked', id, question } satisfies Asked, (error: Error | null) => {
      if (error !== null) onExit();
    });
  });
}

export async function statusOf(worker: Worker): Promise<ProcessStatus> {
  return (await ask(worker, { command: 'status' })) as ProcessStatus;
}

export async function kickAt(worker: Worker, question: KickQuestion): Promise<number> {
  return (await ask(worker, { command: 'kick', question })) as number;
}

/** All or none of them use the new configuration; rejects with the reason of the first that cannot. */
export async function reloadAt(workers: readonly Worker[]): Promise<void> {
  const prepared = await Promise.allSettled(workers.map((worker) => ask(worker, { command: 'prepare' })));
  const failed = prepared.find((one) => one.status === 'rejected');
  const use = failed === undefined;
  await Promise.allSettled(workers.map((worker) => ask(worker, { command: 'settle', use })));
  if (failed !== undefined) throw failed.reason;
}

export async function retireAt(worker: Worker): Promise<void> {
  await ask(worker, { command: 'retire' });
}
