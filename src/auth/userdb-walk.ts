import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings, UserdbBlock } from '../config/effective.js';
import type { AnswerField, AuthAnswer, FieldOrigin } from './answer.js';
import type { LookupContext, Query } from './driver.js';
import { expandFor } from './request-scope.js';
import { takeUserNames } from './user-name.js';
import type { UserdbAnswer, UserdbQuestion, UserdbResult, UserdbStep } from './userdb-answer.js';
import type { UserdbOutcome } from './userdb-driver.js';
import { setUserdbField, setUserdbGids, userdbFieldsOf } from './userdb-field.js';
import { staticUserdb } from './userdb-static.js';
import { applyUserdbFields, applyUserdbTemplates } from './userdb-templates.js';
import { type WalkEnvironment, WalkState } from './walk-state.js';

/** What a walk through the userdbs asks of the world. */
export type UserdbWalkQuestion =
  | {
      readonly kind: 'userdb';
      readonly userdb: UserdbBlock;
      readonly context: Omit<LookupContext, 'signal'>;
    }
  /** Do the passdbs know the user (static userdb without a login before). */
  | { readonly kind: 'passdb-lookup' };

export type UserdbWalkReply =
  /** `inWorker`: an auth-worker of Dovecot would have asked. */
  | { readonly kind: 'userdb'; readonly outcome: UserdbOutcome; readonly inWorker: boolean }
  | { readonly kind: 'passdb-lookup'; readonly answer: AuthAnswer };

type Walking<T> = Generator<UserdbWalkQuestion, T, UserdbWalkReply>;

interface LookedUp {
  readonly result: UserdbResult;
  readonly queries: readonly Query[];
}

const UNANSWERED: LookedUp = { result: 'internal_failure', queries: [] };
const FROM: FieldOrigin = { kind: 'auth', reason: 'userdb' };

/**
 * Walks the userdbs for one user as Dovecot's auth process does.
 * Dovecot 2.3.19.1 and 2.4.1 auth-request.c: auth_request_lookup_user, auth_request_userdb_callback
 */
export function* walkUserdbs(
  question: UserdbQuestion,
  settings: AuthSettings,
  environment: WalkEnvironment,
): Walking<UserdbAnswer> {
  const state = new WalkState(question.request, settings, environment);
  const steps: UserdbStep[] = [];
  const refusal = takeOver(state, question);
  if (refusal !== null) {
    // A request for the userdbs alone says so. observed 2.4.1
    const place = state.series === '2.4' && question.login === null ? 'userdb: ' : '';
    state.log('info', `${place}${refusal}`, 'request');
    return answerOf(state, question, 'unknown', steps);
  }
  const result =
    settings.userdbs.length === 0
      ? yield* withoutUserdbs(state, question)
      : yield* walkList(state, question, steps);
  state.userdb = null;
  return answerOf(state, question, state.userdbTempfail ? 'internal_failure' : result, steps);
}

/** Without any userdb there is a static one without fields. Dovecot auth.c: auth_preinit */
function* withoutUserdbs(state: WalkState, { login }: UserdbQuestion): Walking<UserdbResult> {
  userdbFieldsOf(state);
  return login === null ? yield* existence(state) : 'found';
}

/** The names and fields of the login that came before, or of the look-up's own. */
function takeOver(state: WalkState, { login }: UserdbQuestion): ByteString | null {
  if (login === null) return takeUserNames(state);
  state.user = login.user;
  state.originalUser = login.originalUser;
  state.translatedUser = login.user;
  state.masterUser = login.masterUser === '' ? null : login.masterUser;
  state.prefetch = login.prefetch ?? login.userdbFields.length > 0;
  for (const { name, value, from } of login.fields) state.fields.add(name, value, false, from);
  takeUserdbFields(state, login);
  return null;
}

function takeUserdbFields(state: WalkState, login: AuthAnswer): void {
  state.userdbTempfail = login.userdbTempfail ?? false;
  if (login.userdbFields.length === 0) return;
  // Numbers stand for names of users and groups from here on.
  for (const { name, value, from } of login.userdbFields) setUserdbField(state, name, value ?? '', from);
  userdbFieldsOf(state).snapshot();
}

function* walkList(state: WalkState, question: UserdbQuestion, steps: UserdbStep[]): Walking<UserdbResult> {
  const { userdbs } = state.settings;
  let found = false;
  let seenInternal = false;
  for (let index = 0; ; ) {
    const userdb = userdbs[index];
    if (userdb === undefined) return 'internal_failure';
    state.userdb = userdb;
    const looked = yield* lookUp(state, userdb, question);
    if (state.series === '2.4') keepOrRollBack(state, looked.result);
    const rule = ruleFor(userdb, looked.result);
    if (/-ok$/.test(rule.value)) found = true;
    else if (/-fail$/.test(rule.value)) found = false;
    const goesOn = rule.value.startsWith('continue');
    const place = steps.length;
    index += 1;
    for (; index < userdbs.length; index += 1) {
      const later = userdbs[index];
      const reason = later === undefined ? null : skipReason(later, found);
      if (later === undefined || reason === null) break;
      if (goesOn) steps.push(idle(later, 'skipped', reason));
    }
    const stops = !goesOn || index >= userdbs.length;
    steps.splice(place, 0, {
      userdb,
      action: 'lookup',
      reason: stops ? 'the walk ends here' : '',
      result: looked.result,
      rule,
      next: stops ? 'stop' : 'continue',
      queries: looked.queries,
    });
    if (!stops) {
      if (looked.result === 'internal_failure') seenInternal = true;
      if (state.series === '2.3') {
        if (looked.result === 'found' && !applyUserdbTemplates(state, userdb, 'override_fields'))
          return 'internal_failure';
        keepOrRollBack(state, looked.result);
      }
      continue;
    }
    for (const later of userdbs.slice(index))
      steps.push(idle(later, 'not_reached', 'the walk ended before it'));
    return end(state, userdb, looked.result, { found, seenInternal, isLogin: question.login !== null });
  }
}

function end(
  state: WalkState,
  userdb: UserdbBlock,
  last: UserdbResult,
  { found, seenInternal, isLogin }: { found: boolean; seenInternal: boolean; isLogin: boolean },
): UserdbResult {
  if (found) {
    if (state.series === '2.3' && !applyUserdbTemplates(state, userdb, 'override_fields'))
      return 'internal_failure';
    return 'found';
  }
  if (seenInternal || last === 'internal_failure') return 'internal_failure';
  if (!isLogin) return 'unknown';
  const single = state.series === '2.3' && state.settings.userdbs.length === 1;
  if (single) state.log('error', 'user not found from userdb');
  else
    state.log('error', 'user not found from any userdbs', state.series === '2.3' ? 'mechanism' : 'request');
  return 'unknown';
}

function keepOrRollBack(state: WalkState, result: UserdbResult): void {
  const fields = userdbFieldsOf(state);
  if (result === 'found') fields.snapshot();
  else fields.rollback();
}

function ruleFor(userdb: UserdbBlock, result: UserdbResult): NonNullable<UserdbStep['rule']> {
  switch (result) {
    case 'found':
      return { setting: 'result_success', ...userdb.resultSuccess };
    case 'unknown':
      return { setting: 'result_failure', ...userdb.resultFailure };
    case 'internal_failure':
      return { setting: 'result_internalfail', ...userdb.resultInternalfail };
  }
}

function skipReason({ skip }: UserdbBlock, found: boolean): string | null {
  if (skip.value === 'found' && found) return 'skip = found, and an earlier userdb has found the user';
  if (skip.value === 'notfound' && !found) return 'skip = notfound, and no earlier userdb has found the user';
  return null;
}

function idle(userdb: UserdbBlock, action: 'skipped' | 'not_reached', reason: string): UserdbStep {
  return { userdb, action, reason, result: null, rule: null, next: null, queries: [] };
}

function* lookUp(state: WalkState, userdb: UserdbBlock, question: UserdbQuestion): Walking<LookedUp> {
  userdbFieldsOf(state);
  if (state.series === '2.3' && !applyUserdbTemplates(state, userdb, 'default_fields'))
    return { result: 'internal_failure', queries: [] };
  state.debug(() => 'Performing userdb lookup');
  switch (userdb.driver) {
    case 'prefetch':
      return { result: prefetch(state), queries: [] };
    case 'static':
      return { result: yield* lookUpStatic(state, userdb, question), queries: [] };
    default: {
      const reply = yield { kind: 'userdb', userdb, context: contextOf(state) };
      if (reply.kind !== 'userdb') return UNANSWERED;
      state.inWorker = reply.inWorker;
      const looked = readOutcome(state, userdb, reply.outcome);
      state.inWorker = false;
      return looked;
    }
  }
}

/** Dovecot userdb-prefetch.c */
function prefetch(state: WalkState): UserdbResult {
  if (state.prefetch) {
    state.debug(() => 'success');
    return 'found';
  }
  if (state.settings.userdbs.length > 1) {
    state.debug(() => "passdb didn't return userdb entries, trying the next userdb");
    return 'unknown';
  }
  // `userdb_lookup` is set for every look-up, one behind a login too. Dovecot auth-request.c
  state.log('error', 'userdb lookup not possible with only userdb prefetch');
  return 'internal_failure';
}

function* lookUpStatic(
  state: WalkState,
  userdb: UserdbBlock,
  { login }: UserdbQuestion,
): Walking<UserdbResult> {
  const { fields, allowAllUsers } = staticUserdb(
    state.series,
    userdb,
    state.environment.systemId ?? (() => null),
  );
  let result: UserdbResult = 'found';
  if (login === null && !allowAllUsers) result = yield* existence(state);
  if (state.series === '2.4') {
    if (!applyUserdbFields(state, userdb, undefined)) return 'internal_failure';
    return result;
  }
  if (result !== 'found') return result;
  for (const [name, template] of fields) {
    const expansion = expandFor(state, template);
    if (expansion.kind === 'error') {
      state.log('error', `Failed to expand template: ${expansion.message}`);
      return 'internal_failure';
    }
    setUserdbField(state, name, expansion.text, FROM);
  }
  return 'found';
}

/** A look-up in the passdbs tells whether the user exists. Dovecot userdb-static.c: static_credentials_callback */
function* existence(state: WalkState): Walking<UserdbResult> {
  const reply = yield { kind: 'passdb-lookup' };
  if (reply.kind !== 'passdb-lookup') return 'internal_failure';
  const { answer } = reply;
  for (const entry of answer.log) state.journal.entries.push(entry);
  state.user = answer.user;
  for (const { name, value, from } of answer.fields) state.fields.add(name, value, false, from);
  takeUserdbFields(state, answer);
  switch (answer.passdbResult) {
    case 'ok':
      return 'found';
    case 'user_unknown':
    case 'user_disabled':
    case 'pass_expired':
      return 'unknown';
    case 'scheme_not_available':
      state.log('error', "passdb doesn't support lookups, can't verify user's existence");
      return 'internal_failure';
    default:
      return 'internal_failure';
  }
}

function readOutcome(state: WalkState, userdb: UserdbBlock, outcome: UserdbOutcome): LookedUp {
  const queries = outcome.queries ?? [];
  for (const entry of outcome.log ?? []) state.record(entry);
  if (outcome.kind === 'unknown') return { result: 'unknown', queries };
  if (state.series === '2.3' || userdb.fieldsImportAll)
    for (const [name, value] of outcome.fields ?? [])
      if (value !== null)
        setRowField(state, name, value, outcome.kind === 'found' && outcome.hasGidList === true);
  if (outcome.kind === 'internal') return { result: 'internal_failure', queries };
  const applied = state.series === '2.3' || applyUserdbFields(state, userdb, outcome.row);
  return { result: applied ? 'found' : 'internal_failure', queries };
}

/** Dovecot 2.3.19.1 auth-request.c: auth_request_set_userdb_field_values */
function setRowField(state: WalkState, name: ByteString, value: ByteString, isList: boolean): void {
  if (name === 'gid' && isList) setUserdbGids(state, value.split(','), FROM);
  else setUserdbField(state, name, value, FROM);
}

function contextOf(state: WalkState): Omit<LookupContext, 'signal'> {
  return {
    request: state.request,
    settings: state.settings,
    user: state.user ?? '',
    alreadyAuthenticated: false,
    expand: (template, escaping, providers, more) => expandFor(state, template, escaping, providers, more),
    extraField: (name) => state.fields.find(name),
    userdbField: (name) => userdbFieldsOf(state).find(name),
    extraFields: () => state.fields.list.map(({ name, value }) => [name, value]),
  };
}

function answerOf(
  state: WalkState,
  question: UserdbQuestion,
  result: UserdbResult,
  steps: readonly UserdbStep[],
): UserdbAnswer {
  const fields: AnswerField[] = userdbFieldsOf(state).list.map(({ name, value, from }) => ({
    name,
    value,
    from,
  }));
  const reason = state.userdbTempfail ? (fields.find(({ name }) => name === 'reason')?.value ?? null) : null;
  return {
    result,
    user: state.user ?? '',
    fields: result === 'found' ? [...fields, ...addedByAuth(state, question, fields)] : [],
    reason,
    steps,
    log: state.journal.entries,
  };
}

/** Dovecot auth-request-handler.c: auth_str_append_userdb_extra_fields; auth-master-connection.c: user_callback */
function addedByAuth(
  state: WalkState,
  { login }: UserdbQuestion,
  fields: readonly AnswerField[],
): AnswerField[] {
  const added: AnswerField[] = [];
  const append = (name: ByteString, value: ByteString | null) => added.push({ name, value, from: FROM });
  const { masterUser, request, settings } = state;
  const isAnonymous = settings.anonymousUsername !== '' && state.user === settings.anonymousUsername;
  if (login === null) {
    if (isAnonymous) append('anonymous', null);
    return added;
  }
  if (masterUser !== null && !fields.some(({ name }) => name === 'master_user'))
    append('master_user', masterUser);
  append('auth_mech', request.mechanism);
  if (isAnonymous) append('anonymous', null);
  if (masterUser !== null) append('auth_user', masterUser);
  else if (state.originalUser !== null && state.originalUser !== state.user)
    append('auth_user', state.originalUser);
  return added;
}
