import type { ByteString } from '../../grammar/bytes.js';
import type { FieldOrigin } from './answer.js';
import { changeUser } from './change-user.js';
import { isInNetwork, parseNetwork } from './ip-network.js';
import { setUserdbField, userdbFieldsOf } from './userdb-field.js';
import { applyUserdbTemplates } from './userdb-templates.js';
import type { WalkState } from './walk-state.js';

/** Dovecot auth-request.h: AUTH_REQUEST_MAX_DELAY_SECS */
const MAX_DELAY_SECONDS = 300;

/**
 * Gives a field its meaning: a password, a name, a check, or an entry of the answer (auth-chain.md section 2.6).
 * Dovecot 2.3.19.1 and 2.4.1 auth-request.c: auth_request_set_field
 */
export function setField(
  state: WalkState,
  fullName: ByteString,
  value: ByteString,
  defaultScheme: ByteString | null,
  from: FieldOrigin,
): void {
  const once = state.series === '2.3' ? ':protected' : ':default';
  let name = fullName;
  if (name.length > once.length && name.endsWith(once)) {
    name = name.slice(0, -once.length);
    if (state.fields.has(name)) {
      state.note(name, value, 'kept', from);
      return;
    }
  } else if (name.length > 7 && name.endsWith(':remove')) {
    name = name.slice(0, -7);
    const removed = state.fields.remove(name);
    if (removed !== null) state.note(name, removed.value, 'removed', from);
    return;
  }
  switch (name) {
    case '':
      return;
    case 'password':
    case 'password_noscheme':
      setPassword(state, value, defaultScheme, name === 'password_noscheme', from);
      return;
    case 'passdb_import':
      for (const part of value.split('\t')) setKeyValue(state, part, defaultScheme, from);
      return;
    case 'userdb_userdb_import':
      startPrefetch(state);
      for (const part of value.split('\t')) setKeyValue(state, `userdb_${part}`, defaultScheme, from);
      return;
    case 'nopassword':
      setNoPassword(state, value, from);
      return;
    case 'nodelay':
      state.nodelay = true;
      break;
  }
  const hidden = setHiddenField(state, name, value, from);
  if (hidden !== null) {
    state.fields.add(name, hidden, true, from);
    return;
  }
  state.note(name, value, state.fields.add(name, value, false, from), from);
}

function setKeyValue(
  state: WalkState,
  part: ByteString,
  defaultScheme: ByteString | null,
  from: FieldOrigin,
): void {
  const equals = part.indexOf('=');
  if (equals === -1) setField(state, part, '', defaultScheme, from);
  else setField(state, part.slice(0, equals), part.slice(equals + 1), defaultScheme, from);
}

/** NULL of a database: the field is absent, but `userdb_` ones still switch prefetch on. */
export function setNullField(state: WalkState, name: ByteString): void {
  if (name.startsWith('userdb_')) state.prefetch = true;
}

/** Fields that the auth process acts on and keeps to itself: the value that it keeps; null: not one of them. */
function setHiddenField(
  state: WalkState,
  name: ByteString,
  value: ByteString,
  from: FieldOrigin,
): ByteString | null {
  let kept = value;
  switch (name) {
    case 'user':
    case 'username':
    case 'domain':
      changeUser(state, name, value, from);
      return value;
    case 'login_user':
      state.loginUser = value;
      state.note(name, value, 'user', from);
      return value;
    case 'allow_nets':
      checkNetworks(state, name, value, state.request.remoteIp);
      break;
    case 'allow_real_nets':
      checkNetworks(state, name, value, state.request.realRemoteIp);
      break;
    case 'fail':
      state.failed = true;
      break;
    case 'delay_until':
      kept = setDelay(state, value);
      break;
    case 'noauthenticate':
      // Shown by neither version: handled and removed after the look-up.
      state.fields.add('noauthenticate', value, false, from);
      state.fields.add('nopassword', null, false, from);
      break;
    default:
      if (!name.startsWith('userdb_')) return null;
      startPrefetch(state);
      setUserdbField(state, name.slice('userdb_'.length), value, from);
  }
  state.note(name, value, 'hidden', from);
  return kept;
}

function setPassword(
  state: WalkState,
  value: ByteString,
  defaultScheme: ByteString | null,
  noScheme: boolean,
  from: FieldOrigin,
): void {
  if (state.passdbPassword !== null) {
    state.log('error', 'Multiple password values not supported');
    return;
  }
  const hasScheme = value.startsWith('{') && !noScheme && value.includes('}');
  if (!hasScheme && defaultScheme === null) {
    // Dovecot auth-request.c: auth_request_set_password asserts it. observed 2.4.1
    state.crash = 'the auth process panics on a password without scheme behind nopassword';
    return;
  }
  state.passdbPassword = hasScheme ? value : `{${defaultScheme}}${value}`;
  state.note('password', null, 'password', from);
}

function setNoPassword(state: WalkState, value: ByteString, from: FieldOrigin): void {
  const password = state.passdbPassword;
  if (state.series === '2.3' && password !== null && !state.fields.has('noauthenticate')) {
    if (password.slice(password.indexOf('}') + 1) !== '') {
      state.log('error', 'nopassword set but password is non-empty');
      return;
    }
  }
  state.passdbPassword = null;
  state.fields.add('nopassword', value, false, from);
  state.note('nopassword', value, 'hidden', from);
}

function checkNetworks(state: WalkState, name: ByteString, networks: ByteString, ip: string): void {
  for (const text of networks.split(/[, ]+/)) {
    if (text === '') continue;
    state.debug(() => `${name}: Matching for network ${text}`);
    if (text === 'local') {
      if (ip === '') return;
      continue;
    }
    const network = parseNetwork(text);
    if (network === null) state.log('info', `${name}: Invalid network '${text}'`);
    else if (ip !== '' && isInNetwork(ip, network)) return;
  }
  state.log(
    'info',
    ip === ''
      ? `${name} check failed: Remote IP not known and 'local' missing`
      : `${name} check failed: IP ${ip} not in allowed networks`,
  );
  state.failed = true;
}

/** `UNIXTIME[+RANDOM SECONDS]`; answers the time alone, which stays as the field's value. */
function setDelay(state: WalkState, value: ByteString): ByteString {
  const plus = value.indexOf('+');
  const stamp = plus === -1 ? value : value.slice(0, plus);
  let extra = 0;
  if (plus !== -1) {
    const most = value.slice(plus + 1);
    if (/^\d+$/.test(most)) extra = Number(most) > 0 ? randomBelow(state, Number(most)) : 0;
    else {
      state.log('error', `Invalid delay_until randomness number '${most}'`);
      state.failed = true;
    }
  }
  if (!/^-?\d{1,19}$/.test(stamp)) {
    state.log('error', `Invalid delay_until timestamp '${stamp}'`);
    state.failed = true;
    return stamp;
  }
  const now = Math.floor(state.environment.system.now() / 1000);
  const until = Number(stamp);
  if (until <= now) return stamp;
  if (until - now > MAX_DELAY_SECONDS) {
    state.log('error', `delay_until timestamp ${stamp} is too much in the future, failing`);
    state.failed = true;
    return stamp;
  }
  state.delayUntil = Math.min(until + extra, now + MAX_DELAY_SECONDS);
  return stamp;
}

function randomBelow(state: WalkState, limit: number): number {
  const bytes = state.environment.system.randomBytes(4);
  const number =
    (bytes[0] ?? 0) * 0x1000000 + (bytes[1] ?? 0) * 0x10000 + (bytes[2] ?? 0) * 0x100 + (bytes[3] ?? 0);
  return number % limit;
}

function startPrefetch(state: WalkState): void {
  state.prefetch = true;
  if (state.userdbFields !== null) return;
  userdbFieldsOf(state);
  // 2.3 begins the list with the first userdb's defaults. Dovecot 2.3.19.1 auth-request.c: auth_request_init_userdb_reply
  const first = state.settings.userdbs[0];
  if (state.series === '2.3' && first !== undefined) applyUserdbTemplates(state, first, 'default_fields');
}
