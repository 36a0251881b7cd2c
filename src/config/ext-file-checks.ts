import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import type { ExtKind } from './ext-file.js';
import type { Written } from './origin.js';
import type { ConfigProblem, ConfigProblemKind, DovecotStage } from './problem.js';

interface Finding {
  readonly kind: ConfigProblemKind;
  readonly key: string;
  readonly text: ByteString;
}

/** What the program checks behind the reading of an external file (Dovecot 2.3.19.1 auth/db-*.c, dict-*-settings.c). */
export function checkExtFile(
  kind: ExtKind,
  path: ByteString,
  main: Source,
  values: ReadonlyMap<string, Written>,
  stage: DovecotStage,
): ConfigProblem[] {
  const get = (key: string) => values.get(key)?.text ?? '';
  return findings(kind, path, get, values).map(({ kind: problem, key, text }) => {
    const origin = values.get(key)?.origin;
    return {
      kind: problem,
      severity: 'error',
      place: origin ?? { source: main, span: { start: 0, end: 0 } },
      dovecot: { message: text, stage },
      message: toUtf8(text),
      subject: { name: key, value: get(key) },
    };
  });
}

type Get = (key: string) => ByteString;

function findings(
  kind: ExtKind,
  path: ByteString,
  get: Get,
  values: ReadonlyMap<string, Written>,
): Finding[] {
  switch (kind) {
    case 'sql':
      return sqlFindings(path, values);
    case 'ldap':
      return ldapFindings(path, get, values);
    case 'oauth2':
      return oauth2Findings(get);
    case 'dict':
      return dictFindings(path, get, values);
    case 'dict-sql':
      return missingConnection(path, values, 'connect', 'connect setting');
    case 'dict-ldap':
      return missingConnection(path, values, 'uri', 'ldap uri');
  }
}

function isSet(values: ReadonlyMap<string, Written>, key: string): boolean {
  return values.get(key)?.origin != null;
}

function missingConnection(
  path: ByteString,
  values: ReadonlyMap<string, Written>,
  key: string,
  what: string,
): Finding[] {
  if (isSet(values, key)) return [];
  return [
    { kind: 'ext-missing-required', key, text: `Error in configuration file ${path}: Missing ${what}` },
  ];
}

function sqlFindings(path: ByteString, values: ReadonlyMap<string, Written>): Finding[] {
  const missing = (key: string, text: string): Finding[] =>
    isSet(values, key) ? [] : [{ kind: 'ext-missing-required', key, text }];
  return [
    ...missing('driver', `sql: driver not set in configuration file ${path}`),
    ...missing('connect', `sql: connect string not set in configuration file ${path}`),
  ];
}

function ldapFindings(path: ByteString, get: Get, values: ReadonlyMap<string, Written>): Finding[] {
  const found: Finding[] = [];
  if (!isSet(values, 'base'))
    found.push({ kind: 'ext-missing-required', key: 'base', text: `LDAP ${path}: No base given` });
  if (!isSet(values, 'uris') && !isSet(values, 'hosts'))
    found.push({ kind: 'ext-missing-required', key: 'hosts', text: `LDAP ${path}: No uris or hosts set` });
  if (Number(get('ldap_version')) < 3) {
    for (const key of ['sasl_bind', 'tls'])
      if (get(key) === 'yes')
        found.push({
          kind: 'ext-invalid-value',
          key,
          text: `LDAP ${path}: ${key}=yes requires ldap_version=3`,
        });
  }
  const choice = (key: string, allowed: readonly string[], text: string) => {
    if (!allowed.includes(get(key).toLowerCase()))
      found.push({ kind: 'ext-invalid-value', key, text: `LDAP ${path}: ${text} '${get(key)}'` });
  };
  if (isSet(values, 'tls_require_cert'))
    choice('tls_require_cert', ['never', 'hard', 'demand', 'allow', 'try'], 'Unknown tls_require_cert value');
  choice('deref', ['never', 'searching', 'finding', 'always'], 'Unknown deref option');
  choice('scope', ['base', 'onelevel', 'subtree'], 'Unknown scope option');
  return found;
}

function oauth2Findings(get: Get): Finding[] {
  const found: Finding[] = [];
  const grants = get('grant_url') !== '' && get('client_id') !== '';
  const urls = ['local_validation_key_dict', 'tokeninfo_url', 'introspection_url'];
  if (!grants && urls.every((key) => get(key) === ''))
    found.push({
      kind: 'ext-missing-required',
      key: 'tokeninfo_url',
      text: 'oauth2: Password grant, tokeninfo, introspection URL or validation key dictionary must be given',
    });
  if (get('active_attribute') !== '' && get('active_value') === '')
    found.push({
      kind: 'ext-invalid-value',
      key: 'active_value',
      text: 'oauth2: Cannot have empty active_value if active_attribute is set',
    });
  if (get('active_attribute') === '' && get('active_value') !== '')
    found.push({
      kind: 'ext-invalid-value',
      key: 'active_attribute',
      text: 'oauth2: Cannot have empty active_attribute is active_value is set',
    });
  const mode = get('introspection_mode');
  if (mode === 'local' && get('local_validation_key_dict') === '')
    found.push({
      kind: 'ext-missing-required',
      key: 'local_validation_key_dict',
      text: 'oauth2: local_validation_key_dict is required for local introspection.',
    });
  if (!['', 'auth', 'get', 'post', 'local'].includes(mode))
    found.push({
      kind: 'ext-invalid-value',
      key: 'introspection_mode',
      text: `oauth2: Invalid value '${mode}' for introspection mode, must be on auth, get, post or local`,
    });
  return found;
}

function dictFindings(path: ByteString, get: Get, values: ReadonlyMap<string, Written>): Finding[] {
  const found: Finding[] = [];
  for (const [key, { text }] of values) {
    if (key.startsWith('key/') && key.endsWith('/format') && text !== 'value' && text !== 'json')
      found.push({ kind: 'ext-invalid-value', key, text: `dict ${path}: Unknown key format: ${text}` });
  }
  for (const kind of ['passdb_objects', 'userdb_objects']) {
    for (const name of get(kind).split(' ')) {
      if (name === '') continue;
      const format = values.get(`key/${name}/format`)?.text;
      const problem =
        format === undefined
          ? "which doesn't exist"
          : format === 'value'
            ? "but it's in value-only format"
            : null;
      if (problem !== null)
        found.push({
          kind: 'ext-invalid-value',
          key: kind,
          text: `dict: ${kind} refers to key ${name}, ${problem}`,
        });
    }
  }
  if (!isSet(values, 'uri'))
    found.push({ kind: 'ext-missing-required', key: 'uri', text: `dict ${path}: Empty uri setting` });
  return found;
}
