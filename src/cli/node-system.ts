import { randomBytes } from 'node:crypto';
import { cpus, hostname, type as osType, release } from 'node:os';
import { fromUtf8 } from '../../grammar/bytes.js';
import type { SystemVariables } from '../variables/scope.js';

/** The machine's own values, clock and randomness for variables. */
export function nodeSystem(): SystemVariables {
  return {
    hostname: fromUtf8(hostname()),
    pid: process.pid,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    cpuCount: cpus().length,
    os: fromUtf8(osType()),
    osVersion: fromUtf8(release()),
    now: Date.now,
    randomBytes: (count) => randomBytes(count),
  };
}
