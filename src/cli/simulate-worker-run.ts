import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { answersInOrder } from '../simulate/answers-in-order.js';
import type { UserRow } from '../simulate/user-table.js';
import { loadFor } from './config-file.js';
import { CommandFailure, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import type { SimulateOptions } from './simulate-command.js';
import { type Ask, AT_ONCE, checking, comparing, listing } from './simulate-many-answers.js';
import { otherOptions } from './simulate-other.js';
import { type Bench, openBench, startFailure } from './simulate-run.js';
import type { ChunkAnswers, ChunkFailure, WorkerData } from './simulate-workers.js';

/** Answers chunks of questions, in the order they come, until there are no more. */
export async function runSimulateWorker(): Promise<number> {
  const port = parentPort;
  if (port === null) throw new CommandFailure('simulate --workers N starts its workers itself', EXIT_USAGE);
  const { options }: WorkerData = workerData;
  // Whatever was to be said of the configurations has been said before a worker is started.
  const bench = openBench(loadFor(options.config, options), options, false);
  const other = options.compare === undefined ? null : openOther(options.compare, options);
  const ask = askOf(options, bench, other);
  try {
    for await (const [rows] of on(port, 'message')) {
      if (rows === null) break;
      port.postMessage(await answersTo(rows, ask));
    }
  } finally {
    await bench.close();
    await other?.close();
  }
  return EXIT_OK;
}

function openOther(path: string, options: SimulateOptions): Bench {
  const others = otherOptions(path, options);
  return openBench(loadFor(path, others), others, false);
}

function askOf(options: SimulateOptions, bench: Bench, other: Bench | null): Ask<unknown> {
  if (other !== null) return comparing(bench, other);
  return options.expect === undefined ? listing(bench, options) : checking(bench);
}

async function answersTo(rows: readonly UserRow[], ask: Ask<unknown>): Promise<ChunkAnswers> {
  const answers: unknown[] = [];
  try {
    for await (const { answer } of answersInOrder(each(rows), ask, AT_ONCE)) answers.push(answer);
    return { answers, failure: null };
  } catch (error) {
    return { answers, failure: await failureOf(error) };
  }
}

async function* each(rows: readonly UserRow[]): AsyncGenerator<UserRow> {
  yield* rows;
}

async function failureOf(error: unknown): Promise<ChunkFailure> {
  try {
    return { kind: 'refused', message: await startFailure(error) };
  } catch (failure) {
    if (failure instanceof CommandFailure)
      return { kind: 'failed', message: failure.message, exitCode: failure.exitCode };
    return { kind: 'internal', message: failure instanceof Error ? failure.message : String(failure) };
  }
}
