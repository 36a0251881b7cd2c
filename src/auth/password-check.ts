import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { PassdbResult } from './answer.js';
import { handOutCredentials } from './credentials.js';
import type { LookupOutcome } from './driver.js';
import { logLoginFailure } from './login-failure.js';
import { replyTo, type Walking } from './questions.js';
import type { WalkState } from './walk-state.js';

type Found = Extract<LookupOutcome, { readonly kind: 'found' }>;

/**
 * Whether the password is right for the row that was found; in lookup mode whether credentials can be handed out.
 * Dovecot 2.3.19.1 and 2.4.1 auth-request.c: auth_request_password_verify, auth_request_password_missing;
 * passdb.c: passdb_handle_credentials
 */
export function* checkPassword(state: WalkState, passdb: PassdbBlock, found: Found): Walking<PassdbResult> {
  const stored = found.compares === undefined ? state.passdbPassword : found.compares;
  if (found.verified === 'ok') return 'ok';
  if (found.verified === 'mismatch') {
    if (found.mismatchText !== undefined) logLoginFailure(state, found.mismatchText);
    return 'password_mismatch';
  }
  if (stored === null && !state.fields.has('nopassword')) {
    // "This passdb wasn't used for authentication"
    if (state.authenticated)
      return state.request.mode === 'verify'
        ? 'ok'
        : yield* handOutCredentials(state, null, found.defaultScheme);
    state.log('info', 'No password returned (and no nopassword)');
    return 'password_mismatch';
  }
  // static goes on with an empty password under `nopassword`.
  const compared = stored ?? (found.compares === undefined ? null : '');
  return state.request.mode === 'verify'
    ? yield* verify(state, passdb, compared, found.defaultScheme)
    : yield* handOutCredentials(state, compared, found.defaultScheme);
}

function* verify(
  state: WalkState,
  passdb: PassdbBlock,
  stored: ByteString | null,
  defaultScheme: ByteString,
): Walking<PassdbResult> {
  return stored === null ? 'ok' : yield* comparePassword(state, passdb, stored, defaultScheme, true);
}

/** Dovecot auth-request.c: auth_request_password_verify_log */
export function* comparePassword(
  state: WalkState,
  passdb: PassdbBlock,
  stored: ByteString,
  defaultScheme: ByteString,
  logMismatch: boolean,
): Walking<PassdbResult> {
  if (state.authenticated) return 'ok';
  if (passdb.deny) return 'password_mismatch';
  if (state.fields.has('nopassword')) {
    state.debug(() => 'Allowing any password');
    return 'ok';
  }
  const { settings, request } = state;
  if (request.password === null) {
    state.passwordAssumed = true;
    return 'ok';
  }
  const { verdict } = replyTo(
    'verify',
    yield {
      kind: 'verify',
      series: state.series,
      stored,
      defaultScheme,
      plaintext: request.password,
      user: state.originalUser ?? '',
      allowWeakSchemes: settings.allowWeakSchemes,
    },
  );
  switch (verdict.kind) {
    case 'match':
      return 'ok';
    case 'mismatch':
      if (logMismatch) logLoginFailure(state, 'Password mismatch');
      return 'password_mismatch';
    case 'unknown-scheme':
      state.log('error', verdict.message);
      return state.series === '2.3' ? 'password_mismatch' : 'scheme_not_available';
    case 'invalid':
    case 'weak':
      state.log('error', shownPassword(state, verdict.message, stored));
      return state.series === '2.3' ? 'password_mismatch' : 'internal_failure';
  }
}

/** auth_debug_passwords puts the stored password into the line. */
function shownPassword(state: WalkState, message: ByteString, stored: ByteString): ByteString {
  return state.settings.debugPasswords
    ? message.replace('Invalid password in passdb', () => `Invalid password '${stored}' in passdb`)
    : message;
}
