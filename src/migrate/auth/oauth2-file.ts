import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { Place } from '../../../grammar/source.js';
import type { ExtFile } from '../../config/ext-file.js';
import type { NewStatement } from '../change.js';
import { OAUTH2_NAME_TABLE, rowTable } from '../strings/name-tables.js';
import { translateTemplate } from '../strings/template.js';
import { withChanges } from '../strings/translate-string.js';
import {
  change,
  type DriverPart,
  keyValue,
  literalSetting,
  type NewField,
  NOTHING,
  newSetting,
  type OldBlock,
  variableSetting,
  wordsOf,
} from './block-part.js';
import { asComment, type ExtTranslator, extFileOf, included, unreadable } from './ext-file.js';
import { fieldsSection } from './fields.js';

const PLAIN: Readonly<Record<string, string>> = nameTable({
  tokeninfo_url: 'oauth2_tokeninfo_url',
  grant_url: 'oauth2_grant_url',
  introspection_url: 'oauth2_introspection_url',
  introspection_mode: 'oauth2_introspection_mode',
  force_introspection: 'oauth2_force_introspection',
  username_attribute: 'oauth2_username_attribute',
  active_attribute: 'oauth2_active_attribute',
  active_value: 'oauth2_active_value',
  client_id: 'oauth2_client_id',
  client_secret: 'oauth2_client_secret',
  openid_configuration_url: 'oauth2_openid_configuration_url',
  send_auth_headers: 'oauth2_send_auth_headers',
  scope: 'oauth2_scope',
  issuers: 'oauth2_issuers',
  tls_ca_cert_file: 'ssl_client_ca_file',
  tls_ca_cert_dir: 'ssl_client_ca_dir',
  tls_cert_file: 'ssl_client_cert_file',
  tls_key_file: 'ssl_client_key_file',
  tls_cipher_suite: 'ssl_cipher_list',
  rawlog_dir: 'http_client_rawlog_dir',
  max_parallel_connections: 'http_client_max_parallel_connections',
  max_pipelined_requests: 'http_client_max_pipelined_requests',
});

/** An oauth2 block with its file (Dovecot 2.3.19.1 db-oauth2.c). */
export function foldOauth2(old: OldBlock): DriverPart {
  const file = extFileOf(old, 'oauth2');
  if (file === null) return { ...NOTHING, statements: [unreadable(old)] };
  return {
    ...NOTHING,
    statements: [included(old, file, OAUTH2)],
    pins: pinned(file, old.place),
    row: 'oauth2',
  };
}

const OAUTH2: ExtTranslator = {
  setting({ key, value, place }): readonly NewStatement[] {
    const reason = 'The settings of oauth2 have longer names in 2.4.';
    const changes = [change('DV766', 'exact', reason, place)];
    const plain = PLAIN[key];
    if (plain !== undefined) return [literalSetting(plain, value, place, changes)];
    switch (key) {
      case 'username_format':
        return [
          variableSetting('oauth2_username_validation_format', value, place, {
            table: OAUTH2_NAME_TABLE,
            changes,
          }),
        ];
      case 'pass_attrs':
        return [fieldsSection(attributes(value, place), place, 'oauth2_fields')];
      case 'local_validation_key_dict':
        return keyDict(value, place);
      case 'tls_allow_invalid_cert':
        return [newSetting('ssl_client_require_valid_cert', value === 'yes' ? 'no' : 'yes', changes)];
      case 'timeout_msecs':
        return value === '0' ? [] : [newSetting('http_client_request_timeout', `${value} ms`, changes)];
      case 'max_idle_time_msecs':
        return [newSetting('http_client_max_idle_time', `${value} ms`, changes)];
      case 'debug':
        return asComment(place, 'log_debug chooses what is logged in 2.4');
      default: {
        const why = `2.4 has no setting in the place of ${key}`;
        return asComment(place, why, [change('DV773', 'decide', `${why}.`, place)]);
      }
    }
  },
};

/** `field=%{oauth2:name}`, where `%$` is the token's field of the same name. */
function attributes(text: ByteString, place: Place): NewField[] {
  const table = rowTable('oauth2');
  return wordsOf(text).map((word) => {
    const [name, template] = keyValue(word);
    const names = new Map(table.names).set('$', [`oauth2:${name}`]);
    const letters = new Map(table.letters).set('$', '$');
    const old = template ?? '%$';
    const { text: value, changes } = withChanges(
      old,
      translateTemplate(old, { ...table, letters, names }),
      place,
    );
    return { name, value, changes: changes.filter(({ kind }) => kind !== 'exact') };
  });
}

/** `fs:posix:prefix=DIR` of the keys for local validation. */
function keyDict(uri: ByteString, place: Place): readonly NewStatement[] {
  const changes = [
    change('DV766', 'exact', 'Where the keys for local validation lie is a section in 2.4.', place),
  ];
  const folder = /^fs:posix:(?:.*:)?prefix=([^:]*)/.exec(uri)?.[1];
  const file = /^file:([^ ]*)/.exec(uri)?.[1];
  let body: NewStatement | null = null;
  if (folder !== undefined)
    body = {
      kind: 'section',
      key: 'dict',
      name: 'fs',
      body: [{ kind: 'section', key: 'fs', name: 'posix', body: [literalSetting('prefix', folder, place)] }],
    };
  else if (file !== undefined)
    body = { kind: 'section', key: 'dict', name: 'file', body: [literalSetting('path', file, place)] };
  if (body !== null)
    return [{ kind: 'section', key: 'oauth2_local_validation', name: null, body: [body], changes }];
  const why = 'the dict of the keys is not one that can be written as a section here';
  return asComment(place, why, [change('DV773', 'decide', `${why}.`, place)]);
}

/** 2.3 asks for an attribute that says whether a token is active; 2.4 by default for none. */
function pinned(file: ExtFile, place: Place): NewStatement[] {
  const usual: readonly [string, string, string][] = [
    ['username_format', 'oauth2_username_validation_format', '%{user | lower}'],
    ['active_attribute', 'oauth2_active_attribute', 'active'],
    ['active_value', 'oauth2_active_value', 'true'],
  ];
  return usual
    .filter(([key]) => file.values.get(key)?.origin == null)
    .map(([key, name, value]) => {
      const reason = `The default of ${key} is another one in 2.4.`;
      return newSetting(name, value, [change('DV774', 'exact', reason, place)]);
    });
}
