import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { FieldOrigin, PassdbResult } from './answer.js';
import type { ExtraField } from './extra-fields.js';
import { replyTo, type Walking } from './questions.js';
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
  const result = yield* read();
  state.inWorker = false;
  const reply = replyOf(state, user ?? '', result);
  state.fields = fields;
  state.userdbFields = userdbFields;
  Object.assign(state, { user, prefetch, nodelay, delayUntil, loginUser, userdbTempfail });
  state.passdbPassword = null;
  state.failed = false;
  if (reply.result !== 'ok') state.wantedScheme = wantedScheme;
  if (isConveyed(state, reply.result)) importReply(state, passdb, reply);
  return reply.result === 'ok' ? yield* readCredentials(state) : reply.result;
}

/**
 * A worker that knows of earlier credentials hands out none of its own: an empty text of the scheme that is wanted,
 * which many schemes refuse. Dovecot auth-worker-client.c, auth-worker-server.c: lookup_credentials_callback
 */
function* readCredentials(state: WalkState): Walking<PassdbResult> {
  const { series, passdbPassword: stored } = state;
  if (state.request.mode === 'verify' || stored === null || state.credentialsFound) return 'ok';
  const decoded = replyTo('decode', yield { kind: 'decode', series, stored, defaultScheme: 'PLAIN' });
  if (decoded.message === null) return 'ok';
  state.log('error', decoded.message);
  return 'scheme_not_available';
}

function replyOf(state: WalkState, userBefore: ByteString, result: PassdbResult): WorkerReply {
  const { fields, user } = state;
  const changed = fields.changed();
  const named = (field: ExtraField) => ['user', 'username', 'domain'].includes(field.name);
  // 2.4 sends a name that the row has, be it the same.
  const returned = user !== userBefore || (state.series === '2.4' && changed.some(named));
  const refused = state.failed && result === 'ok';
  const final: PassdbResult = refused
    ? 'password_mismatch'
    : result === 'ok' && fields.has('noauthenticate')
      ? 'next'
      : result;
  return { result: final, user: returned ? user : null, password: passwordOf(state, final), fields: changed };
}

/** A look-up sends the scheme that is wanted, be there nothing behind it. */
function passwordOf(state: WalkState, result: PassdbResult): ByteString | null {
  const { passdbPassword, wantedScheme } = state;
  if (state.request.mode === 'verify' || (result === 'ok' && state.credentialsFound)) return passdbPassword;
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
