/** Other sessions with DVPROXY_FUZZ_SEED, more of them with DVPROXY_FUZZ_TIMES. */
const SEED = Number(process.env['DVPROXY_FUZZ_SEED'] ?? 0);
const TIMES = Number(process.env['DVPROXY_FUZZ_TIMES'] ?? 1);

console.log(`random sessions: DVPROXY_FUZZ_SEED=${SEED} DVPROXY_FUZZ_TIMES=${TIMES}`);

/** The seed of one session of many. */
export function fuzzSeed(session: number): number {
  return (Math.imul(SEED, 0x9e3779b1) + session) >>> 0;
}

export function fuzzSteps(steps: number): number {
  return steps * TIMES;
}
