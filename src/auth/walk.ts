import type { AuthSettings, PassdbBlock } from '../config/effective.js';
import type { AuthAnswer, ChainStep, PassdbResult } from './answer.js';
import { keepCredentials } from './credentials.js';
import { type LoopGuard, loopGuard } from './loop-guard.js';
import { passdbLists } from './passdb-lists.js';
import { type Looked, lookUp } from './passdb-lookup.js';
import { policyAllows } from './policy.js';
import { replyTo, type Walking } from './questions.js';
import type { AuthRequest } from './request.js';
import { applyRule, ruleFor } from './rules.js';
import { setField } from './set-field.js';
import { skipReason } from './skip.js';
import { finishMasterLogin, takeUserNames } from './user-name.js';
import { answerLogin, answerLookup, answerRefused } from './walk-answer.js';
import { type WalkEnvironment, WalkState } from './walk-state.js';
import { REFUSED_BY_FIELD, WalkTrace } from './walk-trace.js';

/** A place in one of the two lists. */
interface Position {
  readonly list: readonly PassdbBlock[];
  readonly index: number;
}

type Verdict =
  | { readonly kind: 'stop'; readonly result: PassdbResult }
  | { readonly kind: 'go'; readonly to: Position };

/**
 * Walks the passdb chain for one request as Dovecot's auth process does: yields what it needs to know, takes the
 * replies and returns the answer with its whole story. Pure: the same replies give the same answer.
 */
export function* walk(
  request: AuthRequest,
  settings: AuthSettings,
  environment: WalkEnvironment,
): Walking<AuthAnswer> {
  const state = new WalkState(request, settings, environment);
  const trace = new WalkTrace(state);
  const refusal = takeUserNames(state);
  if (refusal !== null) {
    // observed 2.4.1
    const place = state.series === '2.4' && request.mode === 'lookup' ? 'passdb: ' : '';
    state.log('info', place + refusal, request.mechanism === '' ? 'request' : 'mechanism');
    return answerRefused(state, trace, refusal);
  }
  const { policy } = environment;
  if (request.mode !== 'lookup' && policy?.checkBefore === true && !(yield* policyAllows(state, 'before')))
    return yield* answerLogin(state, trace, null);
  const result = yield* walkLists(state, trace);
  return request.mode === 'lookup'
    ? yield* answerLookup(state, trace, result)
    : yield* answerLogin(state, trace, result, yield* proveLogin(state, result));
}

/** A mechanism has the stored password now and goes on with the client; true where there is nothing to prove. */
function* proveLogin(state: WalkState, result: PassdbResult): Walking<boolean> {
  // The oauth2 database has proved it before.
  if (state.request.mode !== 'credentials' || state.request.verifiedToken !== undefined) return true;
  if (result !== 'ok') return false;
  const raw = state.credentialsFound ? state.credentials : state.keptCredentials;
  const { series, wantedScheme: scheme } = state;
  const reply = replyTo('prove', yield { kind: 'prove', series, scheme, raw });
  const { proved, log, assumed = false } = reply;
  if (log !== null) state.log(log.level, log.text, 'mechanism');
  if (assumed) state.passwordAssumed = true;
  return proved;
}

function* walkLists(state: WalkState, trace: WalkTrace): Walking<PassdbResult> {
  const lists = passdbLists(state.settings);
  const { request } = state;
  // Dovecot auth-request.c: password_has_illegal_chars
  if (request.mode === 'verify' && request.password !== null && /[\x01\t\r\n]/.test(request.password)) {
    state.log('info', 'Attempted login with password having illegal chars', 'request');
    return 'user_unknown';
  }
  const guard = loopGuard();
  let position: Position = { list: state.loginUser === null ? lists.passdbs : lists.masterdbs, index: 0 };
  for (;;) {
    const { list } = position;
    const index = advance(state, trace, position, true);
    const passdb = list[index];
    if (passdb === undefined) return nothingLeft(state);
    state.passdb = passdb;
    state.hasNextPassdb = index + 1 < list.length;
    trace.begin(passdb);
    const looked = yield* lookUp(state, passdb);
    const verdict = decide(state, trace, looked, passdb, { list, index }, guard);
    state.passdb = null;
    if (verdict.kind === 'stop') return verdict.result;
    position = verdict.to;
  }
}

/** The next passdb from `position` on that is not skipped; the list's length where there is none. */
function advance(state: WalkState, trace: WalkTrace, position: Position, show: boolean): number {
  let { index } = position;
  for (; index < position.list.length; index += 1) {
    const passdb = position.list[index];
    if (passdb === undefined) break;
    const reason = skipReason(state, passdb);
    if (reason === null) break;
    if (show) trace.skipped(passdb, reason);
  }
  return index;
}

function nothingLeft(state: WalkState): PassdbResult {
  // Dovecot 2.4.1 auth-request.c: a mechanism has validated the user itself
  if (state.series === '2.4' && state.request.mode !== 'verify' && state.success) return 'ok';
  const scope = state.series === '2.3' && state.request.mechanism !== '' ? 'mechanism' : 'request';
  state.log('error', 'All password databases were skipped', scope);
  return 'internal_failure';
}

/** Dovecot auth-request.c: auth_request_handle_passdb_callback (2.3), auth_request_finish_passdb_lookup (2.4) */
function decide(
  state: WalkState,
  trace: WalkTrace,
  looked: Looked,
  passdb: PassdbBlock,
  here: Position,
  guard: LoopGuard,
): Verdict {
  // 2.3 has ended the look-up's log context by now.
  const scope = state.series === '2.3' ? 'request' : 'passdb';
  let { result } = looked;
  const stop = (final: PassdbResult, rule: ChainStep['rule'], reason: string): Verdict => {
    trace.end(looked, final, rule, 'stop', reason);
    return { kind: 'stop', result: final };
  };
  if (passdb.deny && result !== 'user_unknown') {
    const rule = { setting: 'deny', value: null, origin: null } as const;
    if (result === 'internal_failure') return stop(result, rule, 'a deny passdb that fails ends the login');
    state.log('info', 'User found from deny passdb', scope);
    return stop('user_disabled', rule, 'the user is in a deny passdb');
  }
  const failedByField = state.failed && result === 'ok';
  if (failedByField) result = 'user_unknown';
  state.failed = false;
  const always = { setting: 'always', value: null, origin: null } as const;
  if (result === 'user_disabled') return stop(result, always, 'a disabled user ends the login');
  if (result === 'pass_expired') {
    const from = { kind: 'auth', reason: 'the password has expired' } as const;
    setField(state, 'reason', 'Password expired', 'PLAIN', from);
    return stop(result, always, 'an expired password ends the login');
  }
  if (result === 'next') state.debug(() => 'Not performing authentication (noauthenticate set)', scope);
  const rule = ruleFor(passdb, result);
  const goesOn = applyRule(state, rule.value, result);
  state.fields.remove('nopassword');
  state.fields.remove('noauthenticate');

  const switches = state.loginUser !== null && result === 'ok';
  if (switches && state.series === '2.3') finishMasterLogin(state);
  const from: Position = switches
    ? { list: passdbLists(state.settings).passdbs, index: 0 }
    : { list: here.list, index: here.index + 1 };
  const mark = trace.hold();
  const next = advance(state, trace, from, goesOn);
  keepOrRollBack(state, result);
  const hasNext = next < from.list.length;
  if (!goesOn || !hasNext) {
    const final = lastResult(state, result);
    if (switches && state.series === '2.4') finishMasterLogin(state);
    trace.endAt(mark, looked, result, rule, 'stop', endReason(state, goesOn, from, failedByField, rule));
    return { kind: 'stop', result: final };
  }
  state.passdbPassword = null;
  keepCredentials(state);
  if (result === 'user_unknown') state.seenUnknown = true;
  else if (result === 'internal_failure') state.seenInternal = true;
  if (switches && state.series === '2.4') finishMasterLogin(state);
  const onward = failedByField ? REFUSED_BY_FIELD : switches ? 'starts again as the login user' : '';
  trace.endAt(mark, looked, result, rule, 'continue', onward);
  if (switches && guard.repeats(state)) {
    state.crash =
      state.series === '2.3'
        ? 'login_user starts the walk again for ever: the auth process hangs'
        : 'login_user starts the walk again for ever: the auth process dies';
    return { kind: 'stop', result: 'internal_failure' };
  }
  return { kind: 'go', to: { list: from.list, index: next } };
}

function endReason(
  state: WalkState,
  goesOn: boolean,
  from: Position,
  failedByField: boolean,
  rule: NonNullable<ChainStep['rule']>,
): string {
  const field = failedByField ? `${REFUSED_BY_FIELD}; ` : '';
  if (!goesOn) return `${field}${rule.setting} = ${rule.value} ends the walk`;
  const left = from.list.length - from.index;
  const end = left > 0 ? 'every later passdb is skipped' : 'it is the last passdb';
  return `${field}${end}${state.success ? ', and the login has succeeded' : ''}`;
}

function keepOrRollBack(state: WalkState, result: PassdbResult): void {
  if (result === 'ok' || result === 'next') {
    state.fields.snapshot();
    state.prefetchAtSnapshot = state.prefetch;
    state.userdbFields?.snapshot();
    return;
  }
  for (const field of state.fields.rollback())
    if (!field.hidden) state.note(field.name, field.value, 'rolled_back', field.from);
  if (state.userdbFields !== null) {
    state.userdbFields.rollback();
    state.prefetch = state.prefetchAtSnapshot;
  }
}

/** What a walk ends with when no further passdb is asked (auth-chain.md section 2.2, "end of walk"). */
function lastResult(state: WalkState, result: PassdbResult): PassdbResult {
  const noOneAuthenticates = (): PassdbResult => {
    state.log('error', 'Last passdb had noauthenticate field, cannot authenticate user');
    return 'internal_failure';
  };
  if (state.series === '2.3' && result === 'next') return noOneAuthenticates();
  if (state.success) return 'ok';
  if (state.seenInternal) return 'internal_failure';
  return result === 'next' ? noOneAuthenticates() : result;
}
