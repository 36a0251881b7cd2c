import type { ByteString } from '../../grammar/bytes.js';
import type { FieldTemplate, PassdbBlock } from '../config/effective.js';
import { expand } from '../variables/expand.js';
import type { Row } from './driver.js';
import { requestScope } from './request-scope.js';
import { rowProviders } from './row-providers.js';
import { setField } from './set-field.js';
import type { WalkState } from './walk-state.js';

/** Scheme of a `password` that a template sets. Dovecot passdb-template.c: STATIC_PASS_SCHEME */
const TEMPLATE_SCHEME = 'PLAIN';

/**
 * 2.3 default_fields and override_fields. Each value is expanded just before its field is set, but all from one table
 * that was built before, so a changed user name is not seen. False: a value could not be expanded.
 * Dovecot 2.3.19.1 passdb-template.c: passdb_template_export
 */
export function applyTemplates(
  state: WalkState,
  passdb: PassdbBlock,
  setting: 'default_fields' | 'override_fields',
): boolean {
  const templates = setting === 'default_fields' ? passdb.defaultFields : passdb.overrideFields;
  if (templates.length === 0) return true;
  const scope = requestScope(state);
  for (const template of templates) {
    const expansion = expand('2.3', template.value, scope);
    if (expansion.kind === 'error') {
      state.log('error', `Failed to expand ${setting}: ${expansion.message}`);
      return false;
    }
    set(state, passdb, setting, template, expansion.text);
  }
  return true;
}

/**
 * 2.4 `fields { }`: all values are expanded first, from the row and the fields set so far, then set in the order of the
 * file. False: a value could not be expanded. Dovecot 2.4.1 auth-request.c: auth_request_set_passdb_fields_ex
 */
export function applyFieldsBlock(state: WalkState, passdb: PassdbBlock, row: Row | undefined): boolean {
  if (passdb.fields.length === 0) return true;
  const scope = requestScope(state, rowProviders(passdb, row));
  const values: ByteString[] = [];
  for (const template of passdb.fields) {
    const expansion = expand('2.4', template.value, scope);
    if (expansion.kind === 'error') {
      state.log(
        'error',
        'auth_passdb_post settings: Failed to parse configuration: ' +
          `Failed to expand passdb_fields/${template.name} setting variables: ${expansion.message}`,
      );
      return false;
    }
    values.push(expansion.text);
  }
  passdb.fields.forEach((template, index) => {
    set(state, passdb, 'fields', template, values[index] ?? '');
  });
  return true;
}

function set(
  state: WalkState,
  passdb: PassdbBlock,
  setting: string,
  template: FieldTemplate,
  value: ByteString,
): void {
  setField(state, template.name, value, TEMPLATE_SCHEME, {
    kind: 'template',
    passdb,
    setting,
    at: template.origin,
  });
}
