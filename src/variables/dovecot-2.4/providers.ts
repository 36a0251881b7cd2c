import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import { hexOf, toByteString } from '../binary.js';
import type { AuthVariables, SystemVariables, VariableScope } from '../scope.js';
import { FilterError } from './errors.js';
import type { BuiltInPrefix } from './names.js';

/** What Dovecot 2.4.1 says of itself (`dovecot:`). */
const DOVECOT: Readonly<Record<string, string>> = nameTable({
  name: 'Dovecot',
  version: '2.4.1',
  'support-url': 'https://www.dovecot.org/',
  'support-email': 'dovecot@dovecot.org',
  revision: '7d8c0e5759',
});

/** Prefixes that Dovecot answers itself; they win over a caller's (Dovecot 2.4.1 var-expand.c). */
const BUILT_IN: Readonly<Record<BuiltInPrefix, (scope: VariableScope, key: ByteString) => ByteString>> =
  nameTable({
    process: (scope, key) => processField(scope.system, key),
    system: (scope, key) => systemField(scope.system, key),
    dovecot: (_scope, key) => DOVECOT[key] ?? refuseField(key),
    env: (scope, key) => {
      if (key === '') throw new FilterError('Missing field');
      const found = scope.providers.get('env')?.(key);
      return found?.kind === 'value' ? found.value : '';
    },
    event: eventField,
    date: (scope, key) => dateField(new Date(scope.system.now()), key),
    time: (scope, key) => timeField(scope.system.now(), key),
    generate: (scope, key) => generate(scope.system, key),
  });

function isBuiltIn(prefix: ByteString): prefix is BuiltInPrefix {
  return Object.hasOwn(BUILT_IN, prefix);
}

/** `%{PREFIX:KEY}`. */
export function lookUpProvider(scope: VariableScope, prefix: ByteString, key: ByteString): ByteString {
  try {
    if (isBuiltIn(prefix)) return BUILT_IN[prefix](scope, key);
    const found = scope.providers.get(prefix)?.(key);
    if (found?.kind === 'value') return found.value;
    if (found?.kind === 'error') throw new FilterError(found.message);
    if (found?.kind === 'missing') {
      // Fields of the request are never an error, columns of a row are (Dovecot 2.4.1 auth-request-var-expand.c).
      if (prefix === 'passdb' || prefix === 'userdb') return '';
      throw new FilterError(`No such field '${key}'`);
    }
  } catch (error) {
    if (error instanceof FilterError) throw new FilterError(`${prefix}: ${error.message}`);
    throw error;
  }
  throw new FilterError(`Unsupported prefix '${prefix}'`);
}

function refuseField(key: ByteString): never {
  throw new FilterError(`Unsupported field '${key}'`);
}

function refuseKey(key: ByteString): never {
  throw new FilterError(`Unsupported key '${key}'`);
}

function processField(system: SystemVariables, key: ByteString): ByteString {
  return key === 'pid' || key === 'uid' || key === 'gid' ? String(system[key]) : refuseField(key);
}

function systemField(system: SystemVariables, key: ByteString): ByteString {
  switch (key) {
    case 'hostname':
      return system.hostname;
    case 'cpu_count':
      return String(system.cpuCount ?? 1);
    case 'os':
      return system.os ?? 'Linux';
    case 'os-version':
      return system.osVersion ?? 'unknown';
    default:
      return refuseField(key);
  }
}

/** Fields of the auth request's event, as far as the variables tell them (Dovecot 2.4.1 auth-request-fields.c). */
const EVENT_FIELDS: ReadonlyMap<string, (auth: AuthVariables) => ByteString> = new Map([
  ['user', (auth) => auth.user],
  ['original_user', (auth) => (auth.original_user === '' ? auth.user : auth.original_user)],
  ['translated_user', (auth) => auth.user],
  ['login_user', (auth) => auth.login_user],
  ['master_user', (auth) => auth.master_user],
  ['session', (auth) => auth.session],
  ['protocol', (auth) => auth.protocol],
  ['mechanism', (auth) => auth.mechanism],
  ['transport', (auth) => (auth.secured === '' ? 'insecure' : auth.secured)],
  ['local_ip', (auth) => auth.local_ip],
  ['remote_ip', (auth) => auth.remote_ip],
  ['local_port', (auth) => givenPort(auth.local_port)],
  ['remote_port', (auth) => givenPort(auth.remote_port)],
  ['real_local_ip', (auth) => auth.real_local_ip],
  ['real_remote_ip', (auth) => auth.real_remote_ip],
  ['real_local_port', (auth) => givenPort(auth.real_local_port)],
  ['real_remote_port', (auth) => givenPort(auth.real_remote_port)],
  ['local_name', (auth) => auth.local_name],
  ['client_id', (auth) => auth.client_id],
]);

function givenPort(port: ByteString): ByteString {
  return port === '0' ? '' : port;
}

function eventField(scope: VariableScope, key: ByteString): ByteString {
  const found = scope.providers.get('event')?.(key);
  if (found?.kind === 'value') return found.value;
  const value = EVENT_FIELDS.get(key)?.(scope.auth) ?? '';
  if (value === '') throw new FilterError(`No such field '${key}' in event`);
  return value;
}

function dateField(now: Date, key: ByteString): ByteString {
  switch (key) {
    case 'year':
      return String(now.getFullYear());
    case 'month':
      return twoDigits(now.getMonth() + 1);
    case 'day':
      return twoDigits(now.getDate());
    default:
      return refuseKey(key);
  }
}

function timeField(milliseconds: number, key: ByteString): ByteString {
  const now = new Date(milliseconds);
  switch (key) {
    case 'hour':
      return twoDigits(now.getHours());
    case 'min':
    case 'minute':
      return twoDigits(now.getMinutes());
    case 'sec':
    case 'second':
      return twoDigits(now.getSeconds());
    case 'us':
    case 'usec':
      return String(Math.floor((milliseconds % 1000) * 1000));
    default:
      return refuseKey(key);
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** New identifiers in the forms of Dovecot 2.4.1 guid.c. */
function generate(system: SystemVariables, key: ByteString): ByteString {
  if (key === 'guid') {
    const now = system.now();
    const nanoseconds = Math.floor((now % 1000) * 1e6).toString(16);
    const seconds = Math.floor(now / 1000).toString(16);
    return `${nanoseconds.padStart(8, '0')}${seconds.padStart(8, '0')}.${system.pid.toString(16)}.${system.hostname}`;
  }
  if (key === 'guid128') return hexOf(toByteString(system.randomBytes(16)));
  if (!key.startsWith('uuid')) return refuseKey(key);
  const form = key.slice('uuid'.length);
  const bytes = Buffer.from(system.randomBytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0xbf) | 0x80;
  const compact = bytes.toString('hex');
  const record = compact.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  switch (form) {
    case '':
    case ':record':
      return record;
    case ':compact':
      return compact;
    case ':microsoft':
      return `{${record}}`;
    default:
      return refuseKey(form);
  }
}
