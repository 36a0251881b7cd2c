import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbResult } from './answer.js';
import { replyTo, type Walking } from './questions.js';
import type { WalkState } from './walk-state.js';

/** Schemes that one function makes are the same. Dovecot password-scheme.c: password_scheme_is_alias */
const ALIASES: readonly (readonly string[])[] = [
  ['PLAIN', 'CLEAR', 'CLEARTEXT', 'PLAIN-TRUNC'],
  ['MD5', 'MD5-CRYPT'],
  ['SHA', 'SHA1'],
  ['CRAM-MD5', 'HMAC-MD5'],
  ['PLAIN-MD5', 'LDAP-MD5'],
  ['CRYPT', 'BLF-CRYPT'],
];

function withoutEncoding(scheme: ByteString): ByteString {
  return (scheme.split('.', 1)[0] ?? '').toUpperCase();
}

function alike(one: ByteString, other: ByteString): boolean {
  const a = withoutEncoding(one);
  const b = withoutEncoding(other);
  return a === b || ALIASES.some((group) => group.includes(a) && group.includes(b));
}

/**
 * Hands out the stored password of a look-up. Any scheme will do for the first one; from then on later passdbs must
 * have the same, or the plain text that it can be made of. Dovecot passdb.c: passdb_handle_credentials
 */
export function* handOutCredentials(
  state: WalkState,
  stored: ByteString | null,
  defaultScheme: ByteString,
): Walking<PassdbResult> {
  if (state.fields.has('noauthenticate')) return 'next';
  state.credentialsFound = false;
  if (state.request.mode === 'credentials') return yield* credentialsFor(state, stored, defaultScheme);
  if (stored === null) {
    if (state.wantedScheme === '' || state.delayedCredentials) return 'ok';
    state.log('info', `Requested ${state.wantedScheme} scheme, but we have a NULL password`);
    return 'scheme_not_available';
  }
  const decoded = replyTo('decode', yield { kind: 'decode', series: state.series, stored, defaultScheme });
  if (decoded.message !== null) {
    state.log('error', decoded.message);
    return 'scheme_not_available';
  }
  const { scheme = 'PLAIN', empty = false } = decoded;
  if (state.wantedScheme === '') state.wantedScheme = scheme.split('.', 1)[0] ?? '';
  else if (!alike(scheme, state.wantedScheme) && !alike(scheme, 'PLAIN')) {
    const shown = state.settings.debugPasswords ? ` (input: ${stored})` : '';
    state.log('info', `Requested ${state.wantedScheme} scheme, but we have only ${scheme}${shown}`);
    // Unfit as they are they count as credentials of this passdb. Dovecot passdb.c: passdb_get_credentials
    state.credentialsFound = !empty;
    return 'scheme_not_available';
  }
  // A hash of an empty password is not empty.
  state.credentialsFound = !empty || !alike(scheme, state.wantedScheme);
  return 'ok';
}

/** The same for a mechanism, which needs the password itself in its scheme. */
function* credentialsFor(
  state: WalkState,
  stored: ByteString | null,
  defaultScheme: ByteString,
): Walking<PassdbResult> {
  const wanted = state.wantedScheme;
  if (stored === null) {
    if (wanted === '' || state.delayedCredentials) return 'ok';
    state.log('info', `Requested ${wanted} scheme, but we have a NULL password`);
    return 'scheme_not_available';
  }
  const { digestRealm } = state.request;
  const original = state.originalUser ?? '';
  const user = digestRealm !== undefined && original.includes('@') ? `${original}@${digestRealm}` : original;
  const { series } = state;
  const question = { kind: 'credentials', series, stored, defaultScheme, wanted, user } as const;
  const { credentials } = replyTo('credentials', yield question);
  if (credentials.kind === 'unavailable') {
    const shown = credentials.level === 'info' && state.settings.debugPasswords ? ` (input: ${stored})` : '';
    state.log(credentials.level, credentials.message + shown);
    takeCredentials(state, credentials.raw ?? '');
    return 'scheme_not_available';
  }
  if (wanted === '') state.wantedScheme = credentials.scheme;
  takeCredentials(state, credentials.raw);
  return 'ok';
}

function takeCredentials(state: WalkState, raw: ByteString): void {
  state.credentialsFound = raw !== '';
  if (state.credentialsFound) state.credentials = raw;
}

/** Credentials of the first passdb that went on with success stay, while later ones only add fields. */
export function keepCredentials(state: WalkState): void {
  if (state.authenticated && !state.delayedCredentials && state.credentialsFound) {
    state.delayedCredentials = true;
    state.keptCredentials = state.credentials;
  }
  state.credentials = '';
  state.credentialsFound = false;
}
