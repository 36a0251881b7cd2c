import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { FieldOrigin, PassdbResult } from './answer.js';
import { handOutCredentials } from './credentials.js';
import type { ExtraField } from './extra-fields.js';
import type { Walking } from './questions.js';
import { setField } from './set-field.js';
import type { WalkState } from './walk-state.js';

/** What an auth-worker sends back of one look-up. Dovecot 2.3.19.1 auth-worker-client.c, 2.4.1 auth-worker-server.c */
interface WorkerReply {
  readonly result: PassdbResult;
  /** null: no field changed it. */
  readonly user: ByteString | null;
  readonly password: ByteString | null;
  /** Only what this look-up has set; what it removed stays in the auth process. */
  readonly fields: readonly ExtraField[];
}

/**
 * Reads a row in an auth-worker: it has a copy of the request and sends back its result and the fields that it set, and
 * the auth process gives these their meaning once more.
 */
export function* readInWorker(
  state: WalkState,
  passdb: PassdbBlock,
  read: () => Walking<PassdbResult>,
): Walking<PassdbResult> {
  const { user, fields, userdbFields, prefetch, nodelay, delayUntil, loginUser, userdbTempfail } = state;
  const { wantedScheme } = state;
  state.fields = fields.copy();
  state.userdbFields = userdbFields?.copy() ?? null;
  state.inWorker = true;
  state.userReturned = false;
  const result = yield* read();
  state.inWorker = false;
  const reply = replyOf(state, result);
  state.fields = fields;
  state.userdbFields = userdbFields;
  Object.assign(state, { user, prefetch, nodelay, delayUntil, loginUser, userdbTempfail });
  state.passdbPassword = null;
  state.failed = false;
  state.wantedScheme = wantedScheme;
  state.credentials = '';
  state.credentialsFound = false;
  if (isConveyed(state, reply.result)) importReply(state, passdb, reply);
  // The auth process looks at the password of a look-up itself. Dovecot passdb-blocking.c: lookup_credentials_callback
  if (state.request.mode === 'verify' || reply.result !== 'ok') return reply.result;
  return yield* handOutCredentials(state, state.passdbPassword, 'PLAIN');
}

function replyOf(state: WalkState, result: PassdbResult): WorkerReply {
  const { fields, user } = state;
  const changed = fields.changed();
  const refused = state.failed && result === 'ok';
  const final: PassdbResult = refused
    ? 'password_mismatch'
    : result === 'ok' && fields.has('noauthenticate')
      ? 'next'
      : result;
  return {
    result: final,
    user: state.userReturned ? user : null,
    password: passwordOf(state, final),
    fields: changed,
  };
}

/** A look-up sends the scheme that is wanted, be there nothing behind it. Dovecot auth-worker-client.c (2.3) */
function passwordOf({ request, passdbPassword, wantedScheme }: WalkState, result: PassdbResult) {
  if (request.mode === 'verify' || (result === 'ok' && passdbPassword !== null)) return passdbPassword;
  return wantedScheme === '' ? null : `{${wantedScheme}.b64}`;
}

/** A login that fails brings its fields too, unless the database failed; a look-up only what it found. */
function isConveyed(state: WalkState, result: PassdbResult): boolean {
  return state.request.mode === 'verify'
    ? result !== 'internal_failure'
    : result === 'ok' || result === 'next';
}

/** Dovecot passdb-blocking.c: passdb_blocking_auth_worker_reply_parse */
function importReply(state: WalkState, passdb: PassdbBlock, reply: WorkerReply): void {
  const { changes } = state;
  state.changes = [];
  const set = (name: ByteString, value: ByteString, from: FieldOrigin) =>
    setField(state, name, value, 'PLAIN', from);
  const { user, password } = reply;
  if (user !== null) set('user', user, { kind: 'row', passdb, column: 'user' });
  if (reply.result === 'next') {
    // The parser is off by one here: the name becomes the password, and the password a field. observed 2.3.19.1, 2.4.1
    state.passdbPassword = user;
    if (password !== null) {
      const equals = password.indexOf('=');
      const name = equals === -1 ? password : password.slice(0, equals);
      const value = equals === -1 ? '' : password.slice(equals + 1);
      set(name, value, { kind: 'auth', reason: 'the auth-worker reply is read wrongly with noauthenticate' });
    }
  } else state.passdbPassword = password;
  for (const { name, value, from } of reply.fields) set(name, value ?? '', from);
  // Each change was noted as the worker made it.
  state.changes = changes;
}
