import type { Worker } from 'node:cluster';
import type { KickQuestion, ProcessStatus } from './operator.js';

/** What the supervisor asks a worker over the line between them. */
type Question =
  | { readonly command: 'status' }
  | { readonly command: 'kick'; readonly question: KickQuestion }
  | { readonly command: 'reload' };

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

function isKind<T extends { readonly kind: string }>(message: unknown, kind: T['kind']): message is T {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;
}

/** What a worker can be asked. */
export interface WorkerAnswers {
  status(): ProcessStatus;
  kick(question: KickQuestion): number;
  reload(): Promise<void>;
}

/** In a worker: answers what the supervisor asks. */
export function answerSupervisor(answers: WorkerAnswers): void {
  process.on('message', (message: unknown) => {
    if (!isKind<Asked>(message, 'asked')) return;
    const { id, question } = message;
    const tell = (error: string | null, answer: unknown) =>
      process.send?.({ kind: 'told', id, error, answer } satisfies Told);
    answerTo(question, answers).then(
      (answer) => tell(null, answer ?? null),
      (error: unknown) => tell(error instanceof Error ? error.message : String(error), null),
    );
  });
}

async function answerTo(question: Question, answers: WorkerAnswers): Promise<unknown> {
  switch (question.command) {
    case 'status':
      return answers.status();
    case 'kick':
      return answers.kick(question.question);
    case 'reload':
      return answers.reload();
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
    worker.send({ kind: 'asked', id, question } satisfies Asked);
  });
}

export async function statusOf(worker: Worker): Promise<ProcessStatus> {
  return (await ask(worker, { command: 'status' })) as ProcessStatus;
}

export async function kickAt(worker: Worker, question: KickQuestion): Promise<number> {
  return (await ask(worker, { command: 'kick', question })) as number;
}

export async function reloadAt(worker: Worker): Promise<void> {
  await ask(worker, { command: 'reload' });
}
