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

/** A process and all that it has started. */
function treeOf(root: number): Map<number, Line> {
  const lines = new Map<number, Line>();
  for (const name of readdirSync('/proc')) {
    const line = /^\d+$/.test(name) ? lineOf(name) : null;
    if (line !== null) lines.set(Number(name), line);
  }
  const isInside = (pid: number): boolean => {
    for (let at = pid; at > 1; at = lines.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  return new Map([...lines].filter(([pid]) => isInside(pid)));
}

export function treePids(root: number): number[] {
  return [...treeOf(root).keys()];
}

/** CPU seconds of a process and all that it has started, by the kernel's own accounting. */
export function treeCpu(root: number): number {
  let ticks = 0;
  for (const line of treeOf(root).values()) ticks += line.ticks;
  return ticks / TICKS_A_SECOND;
}
