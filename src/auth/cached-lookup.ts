import type { PassdbBlock } from '../config/effective.js';
import type { PassdbResult } from './answer.js';
import type { CacheEntry } from './cache.js';
import { logLoginFailure } from './login-failure.js';
import type { Looked } from './passdb-lookup.js';
import { checkPassword, comparePassword } from './password-check.js';
import { replyTo, type Walking } from './questions.js';
import { setField } from './set-field.js';
import type { WalkState } from './walk-state.js';

/**
 * What the auth cache answers; null where the database must be asked: nothing there, too old, or the password does not
 * fit and the entry's last login was good. Dovecot passdb-cache.c: passdb_cache_verify_plain
 */
export function* lookUpInCache(
  state: WalkState,
  passdb: PassdbBlock,
  evenExpired: boolean,
): Walking<Looked | null> {
  const { entry } = replyTo('cache', yield { kind: 'cache', passdb, state, evenExpired });
  if (entry === null) return null;
  const answered = (result: PassdbResult): Looked => ({
    result,
    queries: [],
    unreachable: null,
    cached: true,
  });
  if (entry.value === null) {
    logLoginFailure(state, 'unknown user');
    return answered('user_unknown');
  }
  if (state.request.mode !== 'verify') {
    setFields(state, entry, passdb);
    const row = {
      kind: 'found',
      fields: [],
      defaultScheme: 'PLAIN',
      compares: entry.value.password,
    } as const;
    return answered(entry.value.password === null ? 'ok' : yield* checkPassword(state, passdb, row));
  }
  let result: PassdbResult = 'ok';
  if (entry.value.password === null) state.log('info', 'Cached NULL password access');
  else if (state.settings.cacheVerifyPasswordWithWorker) {
    // A mismatch is believed at once, and the fields are there whatever comes of it.
    setFields(state, entry, passdb);
    state.fields.snapshot();
    state.inWorker = true;
    result = yield* comparePassword(state, passdb, entry.value.password, 'PLAIN', false);
    state.inWorker = false;
    return answered(result);
  } else {
    const doubtful = entry.lastSuccess || entry.negativeExpired;
    result = yield* comparePassword(state, passdb, entry.value.password, 'PLAIN', !doubtful);
    if (result === 'password_mismatch' && doubtful) {
      // The password may have been changed since: ask again.
      entry.lastSuccess = false;
      return null;
    }
  }
  entry.lastSuccess = result === 'ok';
  setFields(state, entry, passdb);
  return answered(result);
}

function setFields(state: WalkState, entry: CacheEntry, passdb: PassdbBlock): void {
  for (const [name, value] of entry.value?.fields ?? [])
    setField(state, name, value, 'PLAIN', { kind: 'row', passdb, column: name });
}
