import type { Worker } from 'node:cluster';
import { MemoryPenalties, SharedPenalties } from '../auth-penalty.js';
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

/** Of a worker, and passed on to the others: a login failed, or was right (`penalty` 0). */
interface Penalized {
  readonly kind: 'penalized';
  readonly address: string;
  readonly checksum: number;
  readonly penalty: number;
}

/** Workers that are told of penalties. */
const workers = new Set<Worker>();

/** A worker that is gone needs no message. */
const ignore = () => undefined;

/** In the supervisor: answers what a worker asks of the shared state, and tells it what changes. */
export function shareWith(worker: Worker, state: MemoryState): void {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
  worker.on('message', (message: unknown) => {
    if (isKind<Penalized>(message, 'penalized'))
      for (const other of workers) if (other !== worker) other.send(message, ignore);
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
  const penalties = new SharedPenalties(new MemoryPenalties(Date.now), (address, checksum, penalty) => {
    process.send?.({ kind: 'penalized', address, checksum, penalty } satisfies Penalized);
  });
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
    penalties,
  );
  process.on('message', (message: unknown) => {
    if (isKind<Watched>(message, 'watched')) state.watch(message.names);
    if (isKind<Penalized>(message, 'penalized'))
      penalties.heard(message.address, message.checksum, message.penalty);
    if (!isKind<Admitted>(message, 'admitted')) return;
    asked.get(message.id)?.(message.refusal);
    asked.delete(message.id);
  });
  return state;
}
