import { readdirSync } from 'node:fs';
import { expect } from 'vitest';

/** What a process still holds. */
interface Held {
  readonly sockets: number;
  readonly timers: number;
  readonly descriptors: number;
}

/** Of this process: handles of sockets, timers that keep it alive, and open files. */
export function heldNow(): Held {
  const names = process.getActiveResourcesInfo();
  return {
    sockets: names.filter((name) => name === 'TCPSocketWrap' || name === 'TLSWrap').length,
    timers: names.filter((name) => name === 'Timeout').length,
    descriptors: descriptorsOf('self'),
  };
}

/** Open files of a process. */
function descriptorsOf(pid: number | 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Waits until nothing is held that was not held before. */
export async function nothingLeft(before: Held): Promise<void> {
  await expect
    .poll(() => heldNow(), { timeout: 20_000 })
    .toSatisfy(
      (now: Held) =>
        now.sockets <= before.sockets &&
        now.timers <= before.timers + 1 &&
        now.descriptors <= before.descriptors,
    );
}
