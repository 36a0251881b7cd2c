import { setImmediate } from 'node:timers/promises';

/** Runs a step many times and lets other work in between, so that nothing waits for more than a few milliseconds. */
export async function inSlices(count: number, size: number, step: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; index++) {
    if (index > 0 && index % size === 0) await setImmediate();
    step(index);
  }
}
