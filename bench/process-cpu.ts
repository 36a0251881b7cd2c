import { readdirSync, readFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;

interface Line {
  readonly parent: number;
  readonly ticks: number;
}

/** `/proc/PID/stat`: fields 4 and 14 to 17. */
function lineOf(pid: string): Line | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
    return { parent, ticks };
  } catch {
    return null;
  }
}

/** CPU seconds of a process and all that it has started, by the kernel's own accounting. */
export function treeCpu(root: number): number {
  const lines = new Map<number, Line>();
  for (const name of readdirSync('/proc')) {
    const line = /^\d+$/.test(name) ? lineOf(name) : null;
    if (line !== null) lines.set(Number(name), line);
  }
  const isInside = (pid: number): boolean => {
    for (let at = pid; at > 1; at = lines.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  let ticks = 0;
  for (const [pid, line] of lines) if (isInside(pid)) ticks += line.ticks;
  return ticks / TICKS_A_SECOND;
}
