import type { WalkState } from './walk-state.js';

export interface LoopGuard {
  /** True when the walk starts again and again as the same user, or more often than any configuration means. */
  repeats(state: WalkState): boolean;
}

const MOST_RESTARTS = 1000;
/** The fields set so far may differ the first times. */
const MOST_AS_ONE_USER = 3;

/** `login_user` with a continue rule can start the walk over for ever; real Dovecot then hangs or dies. */
export function loopGuard(): LoopGuard {
  let seen: Map<string, number> | undefined;
  let restarts = 0;
  return {
    repeats(state) {
      restarts += 1;
      seen ??= new Map();
      const key = `${state.success}\0${state.user}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      return restarts > MOST_RESTARTS || times > MOST_AS_ONE_USER;
    },
  };
}
