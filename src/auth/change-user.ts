import type { ByteString } from '../../grammar/bytes.js';
import type { FieldOrigin } from './answer.js';
import type { WalkState } from './walk-state.js';

/** `user` replaces all, `username` the part before @, `domain` the part after it. */
export function changedName(user: ByteString, name: ByteString, value: ByteString): ByteString {
  const at = user.indexOf('@');
  if (name === 'user') return value;
  if (name === 'username') return value.includes('@') || at === -1 ? value : value + user.slice(at);
  return at === -1 ? `${user}@${value}` : user.slice(0, at + 1) + value;
}

/** Takes a new name from a field. Dovecot auth-request.c: auth_request_try_update_username */
export function changeUser(state: WalkState, name: ByteString, value: ByteString, from: FieldOrigin): void {
  const user = state.user ?? '';
  const changed = changedName(user, name, value);
  if (changed === '') {
    state.log('error', 'username attempted to be changed to empty');
    state.failed = true;
    return;
  }
  state.note(name, value, 'user', from);
  // Dovecot 2.3.19.1 auth-request.h: user_changed_by_lookup; 2.4.1: user_returned_by_lookup
  if (changed !== user || state.series === '2.4') state.userReturned = true;
  if (changed === user) return;
  state.debug(() => `username changed ${user} -> ${changed}`);
  state.user = changed;
}
