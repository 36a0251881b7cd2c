import { readdirSync } from 'node:fs';

/** What a process still holds. */
export interface Held {
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
export function descriptorsOf(pid: number | 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
