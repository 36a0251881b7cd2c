import { setFlagsFromString } from 'node:v8';

/**
 * Bytes of a file with thousands of blocks: it makes hundreds of functions hot for a moment, and V8 would spend more
 * time on optimizing them than they run. Larger files are worth it.
 */
const FEW_BYTES = 128 * 1024;
const MANY_BYTES = 4 * 1024 * 1024;

/** Bytes of bytecode that a function runs before V8 looks at it; fifteen times what is usual (Node 20). */
const BUDGET = 1_000_000;

let isLate = false;

/**
 * To be called before a file of so many bytes is read, by a run that ends soon: behind a large one V8 optimizes only
 * what stays hot. Compiled code that was kept fits only the flags that it was made with, so `loadAhead` loads what the
 * run will still need of it.
 */
export function optimizeLate(bytes: number, loadAhead?: () => void): void {
  if (isLate || bytes <= FEW_BYTES || bytes >= MANY_BYTES) return;
  isLate = true;
  loadAhead?.();
  setFlagsFromString(`--interrupt-budget=${BUDGET}`);
}
