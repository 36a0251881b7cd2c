import type { ByteString } from '../../grammar/bytes.js';
import type { FieldOrigin } from './answer.js';
import { changeUser } from './change-user.js';
import { ExtraFields } from './extra-fields.js';
import { systemIdOf } from './userdb-driver.js';
import type { WalkState } from './walk-state.js';

export function userdbFieldsOf(state: WalkState): ExtraFields {
  state.userdbFields ??= new ExtraFields(state.series);
  return state.userdbFields;
}

/**
 * Gives a field of a userdb, or a passdb's `userdb_` field, its meaning.
 * Dovecot 2.3.19.1 and 2.4.1 auth-request.c: auth_request_set_userdb_field
 */
export function setUserdbField(
  state: WalkState,
  fullName: ByteString,
  value: ByteString,
  from: FieldOrigin,
): void {
  const fields = userdbFieldsOf(state);
  if (fullName === '') return;
  const once = state.series === '2.3' ? ':protected' : ':default';
  let name = fullName;
  if (name.length > once.length && name.endsWith(once)) {
    name = name.slice(0, -once.length);
    if (fields.has(name)) return;
  } else if (name.length > 7 && name.endsWith(':remove')) {
    fields.remove(name.slice(0, -7));
    return;
  }
  switch (name) {
    case 'uid':
    case 'gid': {
      const id = idOf(state, name, value);
      if (id !== null) fields.add(name, id, false, from);
      return;
    }
    case 'tempfail':
      state.userdbTempfail = true;
      return;
    case 'user':
    case 'username':
    case 'domain':
      changeUser(state, name, value, from);
      return;
    case 'uidgid_file':
      // It is stat'ed where mail is stored; a proxy has no such file.
      state.debug(() => `uidgid_file=${value} is not looked at`);
      return;
    case 'userdb_import':
      for (const part of value.split('\t')) {
        const equals = part.indexOf('=');
        if (equals === -1) setUserdbField(state, part, '', from);
        else setUserdbField(state, part.slice(0, equals), part.slice(equals + 1), from);
      }
      return;
    case 'system_user':
      state.log('warning', 'Replace system_user with system_groups_user');
      name = 'system_groups_user';
      break;
  }
  fields.add(name, value, false, from);
}

/** Several groups in one field. Dovecot 2.3.19.1 auth-request.c: auth_request_set_userdb_field_values */
export function setUserdbGids(state: WalkState, values: readonly ByteString[], from: FieldOrigin): void {
  const ids: ByteString[] = [];
  for (const value of values) {
    const id = idOf(state, 'gid', value);
    if (id === null) return;
    ids.push(id);
  }
  userdbFieldsOf(state).add('gid', ids.join(','), false, from);
}

/** null: there is no such user or group, which fails the look-up. */
function idOf(state: WalkState, kind: 'uid' | 'gid', value: ByteString): ByteString | null {
  const { systemId } = state.environment;
  if (systemId === undefined) return systemIdOf(kind, value, () => null) ?? value;
  const id = systemIdOf(kind, value, systemId);
  if (id !== null) return id;
  state.log('error', `Invalid ${kind.toUpperCase()} value '${value}'`);
  state.userdbTempfail = true;
  return null;
}
