import type { PassdbBlock, ResultRule } from '../config/effective.js';
import type { Typed } from '../config/origin.js';
import type { ChainStep, PassdbResult } from './answer.js';
import type { WalkState } from './walk-state.js';

type AppliedRule = NonNullable<ChainStep['rule']>;

/** Which of the three rules a result falls under; NEXT always goes on (auth-chain.md section 2.2). */
export function ruleFor(
  passdb: PassdbBlock,
  result: PassdbResult,
): AppliedRule & { readonly value: ResultRule } {
  switch (result) {
    case 'ok':
      return applied('result_success', passdb.resultSuccess);
    case 'internal_failure':
      return applied('result_internalfail', passdb.resultInternalfail);
    case 'next':
      return { setting: 'noauthenticate', value: 'continue', origin: null };
    default:
      return applied('result_failure', passdb.resultFailure);
  }
}

function applied(setting: AppliedRule['setting'], rule: Typed<ResultRule>) {
  return { setting, value: rule.value, origin: rule.origin };
}

/** Sets what the rule sets. True: the walk goes on if there is another passdb. */
export function applyRule(state: WalkState, rule: ResultRule, result: PassdbResult): boolean {
  switch (rule) {
    case 'return':
      return false;
    case 'return-ok':
      state.success = true;
      return false;
    case 'return-fail':
      state.success = false;
      return false;
    case 'continue':
      if (result === 'ok') state.authenticated = true;
      return true;
    case 'continue-ok':
      state.success = true;
      state.authenticated = true;
      return true;
    case 'continue-fail':
      state.success = false;
      return true;
  }
}
