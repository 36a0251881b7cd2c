import type { ByteString } from '../../grammar/bytes.js';
import type { UserdbBlock } from '../config/effective.js';
import { expand } from '../variables/expand.js';
import type { FieldOrigin } from './answer.js';
import type { Row } from './driver.js';
import { requestScope } from './request-scope.js';
import { rowProviders } from './row-providers.js';
import { systemIdOf } from './userdb-driver.js';
import { setUserdbField } from './userdb-field.js';
import type { WalkState } from './walk-state.js';

const FROM: FieldOrigin = { kind: 'auth', reason: 'userdb' };

/** 2.3 default_fields and override_fields of a userdb. False: a value could not be expanded. Dovecot userdb-template.c */
export function applyUserdbTemplates(
  state: WalkState,
  userdb: UserdbBlock,
  setting: 'default_fields' | 'override_fields',
): boolean {
  const templates = setting === 'default_fields' ? userdb.defaultFields : userdb.overrideFields;
  const scope = requestScope(state);
  for (const { name, value } of templates) {
    const fixed = systemValue(state, name, value);
    const expansion = expand('2.3', fixed, scope);
    if (expansion.kind === 'error') {
      state.log('error', `Failed to expand ${setting}: ${expansion.message}`);
      return false;
    }
    setUserdbField(state, name, expansion.text, FROM);
  }
  return true;
}

/** Numbers of users and groups are looked up when the template is read. */
function systemValue(state: WalkState, name: ByteString, value: ByteString): ByteString {
  const kind = name.toLowerCase();
  if (kind !== 'uid' && kind !== 'gid') return value;
  return systemIdOf(kind, value, state.environment.systemId ?? (() => null)) ?? value;
}

/** 2.4 `fields { }` of a userdb. Dovecot 2.4.1 auth-request.c: auth_request_set_userdb_fields_ex */
export function applyUserdbFields(state: WalkState, userdb: UserdbBlock, row: Row | undefined): boolean {
  if (userdb.fields.length === 0) return true;
  const scope = requestScope(state, rowProviders(userdb, row));
  const values: ByteString[] = [];
  for (const { name, value } of userdb.fields) {
    const expansion = expand('2.4', value, scope);
    if (expansion.kind === 'error') {
      state.log(
        'error',
        'auth_userdb_post settings: Failed to parse configuration: ' +
          `Failed to expand userdb_fields/${name} setting variables: ${expansion.message}`,
      );
      return false;
    }
    values.push(expansion.text);
  }
  userdb.fields.forEach(({ name }, index) => {
    setUserdbField(state, name, values[index] ?? '', FROM);
  });
  return true;
}
