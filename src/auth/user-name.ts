import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings } from '../config/effective.js';
import { expand } from '../variables/expand.js';
import { passdbLists } from './passdb-lists.js';
import { requestScope } from './request-scope.js';
import { sanitize } from './sanitize.js';
import type { WalkState } from './walk-state.js';

type Normalised =
  | { readonly kind: 'ok'; readonly name: ByteString }
  | { readonly kind: 'refused'; readonly message: ByteString };

/** `auth_username_translation`: pairs of from and to; a lone last character is nothing. Dovecot auth.c */
function translated(byte: string, pairs: ByteString): string {
  for (let at = pairs.length - (pairs.length % 2) - 2; at >= 0; at -= 2)
    if (pairs[at] === byte) return pairs[at + 1] ?? byte;
  return byte;
}

/** Default domain, translation, allowed characters, then auth_username_format (auth-chain.md section 4). */
function normaliseUserName(state: WalkState, given: ByteString): Normalised {
  const { settings } = state;
  const whole =
    settings.defaultDomain !== '' && !given.includes('@') ? `${given}@${settings.defaultDomain}` : given;
  let name = whole;
  if (settings.usernameTranslation !== '') {
    name = '';
    for (const byte of whole) name += translated(byte, settings.usernameTranslation);
  }
  const bad = firstDisallowed(settings, name);
  if (bad !== -1) {
    const code = name.charCodeAt(bad).toString(16).padStart(2, '0');
    return refused(
      `Username character disallowed by auth_username_chars: 0x${code} (username: ${sanitize(given, 128, state.series)})`,
    );
  }
  if (settings.usernameFormat !== '') {
    const expansion = expand(state.series, settings.usernameFormat, requestScope(state, undefined, name));
    // A failed expansion is not an error here: Dovecot goes on with what was expanded so far.
    // Dovecot 2.3.19.1 and 2.4.1 auth-request-fields.c: auth_request_fix_username
    name = expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
  }
  return name === '' ? refused('Empty username') : { kind: 'ok', name };
}

const ALLOWED = new WeakMap<AuthSettings, Uint8Array>();

/** Where the first byte stands that auth_username_chars does not have; -1: nowhere. */
function firstDisallowed(settings: AuthSettings, name: ByteString): number {
  if (settings.usernameChars === '') return -1;
  let allowed = ALLOWED.get(settings);
  if (allowed === undefined) {
    allowed = new Uint8Array(256);
    for (const byte of settings.usernameChars) allowed[byte.charCodeAt(0)] = 1;
    ALLOWED.set(settings, allowed);
  }
  for (let at = 0; at < name.length; at += 1) if (allowed[name.charCodeAt(at)] !== 1) return at;
  return -1;
}

function refused(message: ByteString): Normalised {
  return { kind: 'refused', message };
}

/**
 * Takes the names of the request: master separator, original name, normalisation, login name of a master user.
 * Answers what Dovecot logs where it refuses them before any passdb is asked, or null.
 */
export function takeUserNames(state: WalkState): ByteString | null {
  const { request, settings } = state;
  if (request.user.includes('\0') || request.authorizationId.includes('\0')) {
    // Dovecot mech-plain.c: more than two NULs in the response
    return 'invalid input';
  }
  let name = request.user;
  const { certificateUser } = request;
  let login: ByteString | null = null;
  const separator = settings.masterUserSeparator.slice(0, 1);
  const at = separator === '' ? -1 : name.indexOf(separator);
  if (at !== -1) {
    login = name.slice(0, at);
    name = name.slice(at + 1);
  }
  state.originalUser = name;
  const normalised = normaliseUserName(state, certificateUser ?? name);
  if (normalised.kind === 'refused')
    return certificateUser === undefined ? normalised.message : 'Invalid username';
  state.user = normalised.name;
  state.translatedUser = normalised.name;
  if (login !== null) {
    const refusal = takeLoginUser(state, login);
    if (refusal !== null) return refusal;
  }
  const { authorizationId, authorizationGiven = authorizationId !== '' } = request;
  if (authorizationGiven && (authorizationId !== request.user || certificateUser !== undefined)) {
    const refusal = takeLoginUser(state, authorizationId);
    // Dovecot mech-plain.c, mech-external.c; the others give the bare reason.
    const prefix = /^(SCRAM|DIGEST)/.test(request.mechanism) ? '' : 'login user: ';
    if (refusal !== null) return prefix + refusal;
  }
  return null;
}

/** Dovecot auth-request-fields.c: auth_request_set_login_username */
function takeLoginUser(state: WalkState, login: ByteString): ByteString | null {
  if (login === '') return 'Master user login attempted to use empty login username';
  if (login === state.user) return null;
  const master = passdbLists(state.settings).masterdbs[0];
  if (master === undefined) return 'Master user login attempted without master passdbs';
  const normalised = normaliseUserName(state, login);
  if (normalised.kind === 'refused') return normalised.message;
  state.loginUser = normalised.name;
  // 2.3 names the first master passdb in this line, 2.4 none. observed
  state.passdb = master;
  state.debug(
    () => `Master user lookup for login: ${normalised.name}`,
    state.series === '2.3' ? 'passdb' : 'request',
  );
  state.passdb = null;
  return null;
}

/** The master's own look-up succeeded: from here on the request is the login user's. */
export function finishMasterLogin(state: WalkState): void {
  const login = state.loginUser;
  if (login === null || state.failed) return;
  state.log('info', `Master user logging in as ${login}`, 'request');
  state.masterUser = state.user;
  state.user = login;
  state.translatedUser = login;
  state.loginUser = null;
}
