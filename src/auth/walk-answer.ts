import type { ByteString } from '../../grammar/bytes.js';
import type { AnswerField, AuthAnswer, FieldOrigin, PassdbResult } from './answer.js';
import type { ExtraField } from './extra-fields.js';
import { policyAllows } from './policy.js';
import { dropProxyFields, finishProxyFields } from './proxy-fields.js';
import { replyTo, type Walking } from './questions.js';
import type { WalkState } from './walk-state.js';
import type { WalkTrace } from './walk-trace.js';

type Result = AuthAnswer['result'];

/** The name was refused before any passdb was asked. */
export function answerRefused(
  state: WalkState,
  trace: WalkTrace,
  reason: ByteString | null,
  passdbResult: PassdbResult | null = null,
): AuthAnswer {
  return assemble(state, trace, 'fail', { code: null, reason, passdbResult });
}

/** ANONYMOUS: no passdb is asked. */
export function answerAnonymous(state: WalkState, trace: WalkTrace): AuthAnswer {
  state.success = true;
  return assemble(state, trace, 'ok', { code: null, reason: null, passdbResult: null });
}

/** Dovecot auth-request-handler.c: the reply to a login attempt. */
export function* answerLogin(
  state: WalkState,
  trace: WalkTrace,
  final: PassdbResult | null,
  proved = true,
): Walking<AuthAnswer> {
  const answer = yield* answerTo(state, trace, final, proved);
  if (state.environment.policy?.reportAfter === true) {
    const outcome = { success: answer.result === 'ok', result: final } as const;
    replyTo('policy-report', yield { kind: 'policy-report', state, outcome });
  }
  return answer;
}

function* answerTo(
  state: WalkState,
  trace: WalkTrace,
  final: PassdbResult | null,
  proved: boolean,
): Walking<AuthAnswer> {
  if (final === 'ok' && !proved) {
    dropProxyFields(state);
    state.fields.remove('nologin');
    return failed(state, trace, 'password_mismatch', false);
  }
  if (
    final === 'ok' &&
    state.environment.policy?.checkAfter === true &&
    !(yield* policyAllows(state, 'after'))
  ) {
    dropProxyFields(state);
    state.fields.remove('nologin');
    return failed(state, trace, final, false);
  }
  if (final === 'ok' && state.success) {
    const finished = state.request.login ? yield* finishProxyFields(state) : 'done';
    if (finished === 'done') {
      if (state.series === '2.3') {
        state.fields.dropValue('nologin');
        state.fields.dropValue('proxy');
      }
      return assemble(state, trace, 'ok', { code: null, reason: null, passdbResult: final });
    }
    state.fields.remove('nologin');
    // The delayed answer is built anew when it is due, without proxy fields; one that is sent at once has them still.
    if (finished === 'failed' && isDelayed(state)) dropProxyFields(state);
    return failed(state, trace, final, finished === 'tempfail');
  }
  dropProxyFields(state);
  state.fields.remove('nologin');
  return failed(state, trace, final, final === 'internal_failure');
}

function isDelayed(state: WalkState): boolean {
  // Dovecot 2.3.19.1 auth-request-handler.c; 2.4.1: auth_request_want_failure_delay
  return state.series === '2.3'
    ? !state.fields.has('nodelay')
    : state.settings.failureDelay > 0 && !state.nodelay;
}

function failed(
  state: WalkState,
  trace: WalkTrace,
  final: PassdbResult | null,
  internal: boolean,
): AuthAnswer {
  return assemble(state, trace, internal ? 'tempfail' : 'fail', {
    code: internal
      ? 'temp_fail'
      : state.masterUser !== null
        ? 'authz_fail'
        : final === 'user_disabled' || final === 'pass_expired'
          ? final
          : null,
    reason: null,
    passdbResult: final,
  });
}

/** Dovecot auth-master-connection.c: pass_callback. Every failure that is not "no such user" is a temporary one. */
export function* answerLookup(state: WalkState, trace: WalkTrace, final: PassdbResult): Walking<AuthAnswer> {
  let result = final;
  if (result === 'scheme_not_available' && state.seenUnknown) result = 'user_unknown';
  if (result === 'ok') {
    if ((yield* finishProxyFields(state)) !== 'done') result = 'internal_failure';
  } else dropProxyFields(state);
  const found: Result =
    result === 'ok' && state.success
      ? 'ok'
      : result === 'user_unknown' || result === 'user_disabled' || result === 'pass_expired'
        ? 'fail'
        : 'tempfail';
  return assemble(state, trace, found, {
    code: found === 'tempfail' ? 'temp_fail' : null,
    reason: result === 'scheme_not_available' ? "Configured passdbs don't support credentials lookups" : null,
    passdbResult: result,
  });
}

function assemble(
  state: WalkState,
  trace: WalkTrace,
  result: Result,
  end: Pick<AuthAnswer, 'code' | 'reason' | 'passdbResult'>,
): AuthAnswer {
  const visible: AnswerField[] = [];
  const hidden: AnswerField[] = [];
  for (const field of state.fields.list) (field.hidden ? hidden : visible).push(answerField(field));
  const emptyField = state.series === '2.3' && !state.fields.isEmpty && visible.length === 0;
  if (state.request.mode !== 'lookup') addByAuth(state, visible);
  return {
    result,
    ...end,
    originalUser: state.originalUser ?? '',
    user: state.user ?? state.originalUser ?? '',
    masterUser: state.masterUser ?? '',
    fields: visible,
    hiddenFields: hidden,
    prefetch: state.prefetch,
    userdbTempfail: state.userdbTempfail,
    userdbFields: (state.userdbFields?.list ?? []).map(answerField),
    steps: trace.steps(),
    log: state.journal.entries,
    passwordAssumed: state.passwordAssumed,
    nodelay: state.series === '2.3' ? state.fields.has('nodelay') : state.nodelay,
    delayUntil: state.delayUntil,
    emptyField,
    crash: state.crash,
    remarks: state.remarks,
    unreachable: trace.unreachable,
  };
}

function answerField(field: ExtraField): AnswerField {
  return { name: field.name, value: field.value, from: field.from };
}

/** Appends what the auth process adds behind the fields. Dovecot auth-request-handler.c: auth_str_append_extra_fields */
function addByAuth(state: WalkState, added: AnswerField[]): void {
  const { fields, settings, request } = state;
  const append = (name: ByteString, value: ByteString | null, reason: string) => {
    const from: FieldOrigin = { kind: 'auth', reason };
    added.push({ name, value, from });
  };
  if (state.originalUser !== null && state.originalUser !== state.user && !fields.has('original_user'))
    append('original_user', state.originalUser, 'the name as the client sent it');
  if (state.masterUser !== null && !fields.has('auth_user'))
    append('auth_user', state.masterUser, 'the master user');
  if (settings.anonymousUsername !== '' && state.user === settings.anonymousUsername)
    append('anonymous', null, 'the name is auth_anonymous_username');
  if (!request.login || !fields.has('proxy')) return;
  if (!fields.has('pass') && request.mode === 'verify' && request.password !== null)
    append('pass', request.password, 'the password that the client sent');
  if (state.masterUser !== null && state.masterUser !== '' && !fields.has('master'))
    append('master', state.masterUser, 'the master user');
}
