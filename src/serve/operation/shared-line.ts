import type { Worker } from 'node:cluster';
import type { TryOutcome } from './backend-health.js';
import { isKind } from './process-message.js';
import { type MemoryState, type SharedState, WorkerState } from './shared-state.js';

/** Of a worker: may a new session go there? */
interface Wondered {
  readonly kind: 'wondered';
  readonly id: number;
  readonly backend: string;
}

interface Admitted {
  readonly kind: 'admitted';
  readonly id: number;
  readonly refusal: string | null;
}

interface Reported {
  readonly kind: 'reported';
  readonly backend: string;
  readonly outcome: TryOutcome;
}

interface Watched {
  readonly kind: 'watched';
  readonly names: readonly string[];
}

/** A worker that is gone needs no message. */
const ignore = () => undefined;

/** In the supervisor: answers what a worker asks of the shared state, and tells it what changes. */
export function shareWith(worker: Worker, state: MemoryState): void {
  worker.on('message', (message: unknown) => {
    if (isKind<Reported>(message, 'reported')) state.report(message.backend, message.outcome);
    if (!isKind<Wondered>(message, 'wondered')) return;
    const { id, backend } = message;
    void state.admit(backend).then((refusal) => {
      worker.send({ kind: 'admitted', id, refusal } satisfies Admitted, ignore);
    });
  });
  // It listens once it says anything at all.
  worker.once('message', () => {
    const forget = state.onWatched((names) => {
      worker.send({ kind: 'watched', names } satisfies Watched, ignore);
    });
    worker.once('exit', forget);
  });
}

/** In a worker: the state that its supervisor holds. */
export function stateOfSupervisor(): SharedState {
  let last = 0;
  const asked = new Map<number, (refusal: string | null) => void>();
  const state = new WorkerState(
    (backend) =>
      new Promise((resolve) => {
        last += 1;
        asked.set(last, resolve);
        process.send?.({ kind: 'wondered', id: last, backend } satisfies Wondered);
      }),
    (backend, outcome) => {
      process.send?.({ kind: 'reported', backend, outcome } satisfies Reported);
    },
  );
  process.on('message', (message: unknown) => {
    if (isKind<Watched>(message, 'watched')) state.watch(message.names);
    if (!isKind<Admitted>(message, 'admitted')) return;
    asked.get(message.id)?.(message.refusal);
    asked.delete(message.id);
  });
  return state;
}
