import type { AuthAnswer, ChainStep } from '../auth/answer.js';
import { REFUSED_BY_FIELD } from '../auth/walk-trace.js';
import type { LoginDecision } from '../proxy/login-decision.js';
import type { Outcome } from './simulation.js';

/** Sorts an answer and the login process's decision into one of the outcomes. */
export function outcomeOf(answer: AuthAnswer, decision: LoginDecision | null): Outcome {
  if (answer.crash !== null) return answer.crash.startsWith('login_user') ? 'loop' : 'tempfail';
  if (answer.result === 'tempfail') return 'tempfail';
  return answer.result === 'ok' && decision !== null ? afterLogin(decision) : refusal(answer);
}

function afterLogin(decision: LoginDecision): Outcome {
  switch (decision.kind) {
    case 'proxy':
      return 'ok_proxy';
    case 'local':
      return 'ok_local';
    case 'referral':
      return 'ok_referral';
    case 'nologin':
      return 'fail_policy';
    case 'failed':
      if (decision.cause === 'loop') return 'loop';
      return decision.cause === 'config' ? 'fail_config' : 'tempfail';
  }
}

/** The most telling reason: the last passdb often says only that it does not know the user. */
function refusal(answer: AuthAnswer): Outcome {
  switch (answer.passdbResult) {
    case 'user_disabled':
    case 'pass_expired':
      return 'fail_disabled';
    case 'scheme_not_available':
      return 'fail_config';
    case 'password_mismatch':
    case 'user_unknown':
      return notAuthenticated(answer);
    case 'internal_failure':
      return 'tempfail';
    case null:
    case 'ok':
    case 'next':
      // A name that is refused before any passdb is asked, or a rule that fails a right password.
      return 'fail_policy';
  }
}

function notAuthenticated({ steps }: AuthAnswer): Outcome {
  const comparedWrong = (step: ChainStep) => step.result === 'password_mismatch' && !hasNoPassword(step);
  if (steps.some(comparedWrong)) return 'fail_password';
  if (steps.some((step) => step.reason.includes(REFUSED_BY_FIELD))) return 'fail_policy';
  return steps.some((step) => step.result === 'user_unknown') ? 'fail_unknown_user' : 'fail_password';
}

/** A static passdb that is there to add fields says so of everybody who is not authenticated yet. */
function hasNoPassword(step: ChainStep): boolean {
  return step.log.some((entry) => entry.text.startsWith('No password returned'));
}
