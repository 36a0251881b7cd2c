import type { ByteString } from '../../grammar/bytes.js';
import type { LogEntry } from './driver.js';
import type { PolicyOutcome } from './policy-request.js';
import type { PolicySettings } from './policy-settings.js';
import { replyTo, type Walking } from './questions.js';
import { setField } from './set-field.js';
import type { WalkState } from './walk-state.js';

/** What the policy server says of a request. */
export interface PolicyVerdict {
  /** Below zero: refuse; seconds to wait; 0: go on. */
  readonly result: number;
  readonly message: ByteString | null;
  /** Its answer could be read. A refusal is one only then; else the login just fails. */
  readonly answered: boolean;
  readonly log: readonly Pick<LogEntry, 'level' | 'text'>[];
}

/** Nobody is asked, or nobody minds. */
export const POLICY_ALLOWS: PolicyVerdict = { result: 0, message: null, answered: true, log: [] };

/** Whoever speaks to the policy server. */
export interface PolicyServer {
  readonly settings: PolicySettings;
  /** Rejects only when `signal` is aborted; waits as long as the server wants. */
  check(state: WalkState, when: 'before' | 'after', signal: AbortSignal): Promise<PolicyVerdict>;
  /** Tells it how a login ended; nobody waits for it. */
  report(state: WalkState, outcome: PolicyOutcome): void;
}

/** Asks the policy server; true: the login goes on. Dovecot auth-policy.c, auth-request.c: auth_request_policy_check_callback */
export function* policyAllows(state: WalkState, when: 'before' | 'after'): Walking<boolean> {
  const { verdict } = replyTo('policy', yield { kind: 'policy', state, when });
  const { result, message, answered } = verdict;
  for (const { level, text } of verdict.log) state.log(level, text, 'policy');
  state.policyRefused = answered && result < 0;
  if (state.policyRefused) {
    if (message !== null)
      setField(state, 'reason', message, null, { kind: 'auth', reason: 'what the policy server says' });
    const words = message === null ? '' : `: ${message}`;
    state.log('info', `Authentication failure due to policy server refusal${words}`, 'policy');
  }
  const logOnly = state.environment.policy?.logOnly === true;
  if (result !== 0) {
    const seconds = `tarpit ${result} second(s)`;
    const action = result < 0 ? 'drop connection' : seconds;
    state.log('info', `Policy check action ${logOnly ? `'${action}' ignored` : `is ${action}`}`, 'policy');
  }
  return result >= 0 || logOnly;
}
