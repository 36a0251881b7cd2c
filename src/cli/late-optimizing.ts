import { setFlagsFromString } from 'node:v8';
import type { ConfigHost } from '../config/host.js';

/**
 * Bytes of a file with thousands of blocks: it makes hundreds of functions hot for a moment, and V8 would spend more
 * time on optimizing them than they run. Larger files are worth it.
 */
const FEW_BYTES = 128 * 1024;
const MANY_BYTES = 4 * 1024 * 1024;

/** Bytes of bytecode that a function runs before V8 looks at it; fifteen times what is usual (Node 20). */
const BUDGET = 1_000_000;

/** The same host for a run that ends soon: where it reads a large file, V8 optimizes only what stays hot. */
export function withLateOptimizing(host: ConfigHost): ConfigHost {
  return {
    ...host,
    readFile(path) {
      const bytes = host.readFile(path);
      if (bytes.length > FEW_BYTES && bytes.length < MANY_BYTES)
        setFlagsFromString(`--interrupt-budget=${BUDGET}`);
      return bytes;
    },
  };
}
